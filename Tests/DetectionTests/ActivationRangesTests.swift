import Checkpoints
import Inference
import Testing

@testable import Detection

/// Ranges on their way into a file and out of it.
struct ActivationRangesTests {
    private func graph() throws -> Graph {
        var graph = Graph()
        _ = try graph.append(.split([1, 2]), to: [graph.input], named: "cut")
        _ = try graph.append(.upsample(factor: 2), to: [graph.input], named: "model.1")
        return graph
    }

    private static let text = "input 0.0 1.0\ncut:0 -0.25 3.5\ncut:1 0.0 0.0\nmodel.1 -1.0 1e-05"

    @Test func `what is written is read`() throws {
        let ranges: [ClosedRange<Float>] = [0...1, -0.25...3.5, 0...0, -1...1e-5]
        let text = try ActivationRanges.text(ranges, of: graph())
        #expect(text == Self.text)
        #expect(try ActivationRanges.read(text, for: graph()) == ranges)
    }

    @Test(arguments: [
        "", "input 0 1", text.replacing("model.1", with: "model.2"),
        text.replacing("3.5", with: "nan"), text.replacing("3.5", with: "-7"),
        text.replacing("3.5", with: "inf"), text.replacing("3.5", with: "3.5 4"),
    ])
    func `what fits no range of this network is none`(_ text: String) throws {
        #expect(try ActivationRanges.read(text, for: graph()) == nil)
    }

    @Test(
        .enabled(if: Precision.choose(.int8, isa: .best, hasRanges: true).precision == .int8),
        arguments: ["static", "dynamic", "groups", "odd"])
    func `a calibrated network finds what the plain one does, nearly`(_ name: String) throws {
        let plain = try Checkpoint(path: Goldens.path("\(name).pt"))
        let pictures = try Pictures.golden()
        let tensor = pictures.planes
        let lane = Crew(size: 1).lane(0)
        func raw(_ checkpoint: Checkpoint, _ precision: Precision.Choice) throws -> [Float] {
            let detector = try Detector(checkpoint, precision: precision)
            #expect(detector.network.precision.rawValue == precision.rawValue)
            return try detector.makeSession().rawOutput(
                tensor.span, pictures: pictures.count, height: pictures.height,
                width: pictures.width, on: lane
            ).values
        }
        let graph = try Detector(plain).network.graph
        let calibration = try Calibration(of: graph)
        let size = 3 * pictures.height * pictures.width
        for first in stride(from: 0, to: tensor.count, by: size) {
            try calibration.observe(height: pictures.height, width: pictures.width, on: lane) {
                $0.fill(tensor: tensor.span.extracting(first..<first + size))
            }
        }
        var metadata = plain.metadata
        metadata.other[ActivationRanges.key] = ActivationRanges.text(
            calibration.ranges, of: graph)
        let calibrated = Checkpoint(root: plain.root, metadata: metadata)
        let expected = try raw(calibrated, .fp32)
        let bytes = try raw(calibrated, .int8)
        // The mean error: boxes in units of the picture's side, scores as they are. A wrong scale or zero
        // point is off by some tenths.
        let channels = try Detector(plain).model.names.count + 4
        let anchors = expected.count / pictures.count / channels
        var error: Float = 0
        for (index, pair) in zip(bytes, expected).enumerated() {
            error += abs(pair.0 - pair.1) / (index / anchors % channels < 4 ? 48 : 1)
        }
        #expect(error / Float(expected.count) < 0.02)
    }
}
