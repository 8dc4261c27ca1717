import Checkpoints
import Inference
import Testing

@testable import Detection

/// Whole networks, from the file to the head's output, against what the same network answers in
/// float64 (`Tools/make_checkpoints.py`).
@Suite struct DetectorTests {
    static let networks = [
        "static", "dynamic", "whole_layer", "fused", "unstripped", "odd", "groups", "softmax",
        "older",
    ]

    @Test(arguments: networks)
    func `the raw output is the reference's`(_ name: String) throws {
        let (expected, shape) = try Goldens.array("\(name).raw.npy")
        let detector = try Detector(Checkpoint(path: Goldens.path("\(name).pt")))
        let pictures = try Pictures.golden()
        let tensor = pictures.planes
        let raw = try detector.makeSession().rawOutput(
            tensor.span, pictures: pictures.count, height: pictures.height, width: pictures.width,
            on: Crew(size: 1).lane(0))
        #expect(raw.shape == shape)
        try #require(raw.values.count == expected.count)
        // float32 against float64: 2⁻²⁴ a rounding, some hundred of them in a row, so 1e-4 has room
        // for the order of summation; a wrong weight or border is off by more than 1e-2. Boxes are
        // measured against the picture's size, for a side may be near zero.
        let anchors = shape[2]
        var worst = 0.0
        for (index, value) in expected.enumerated() {
            let isBox = index / anchors % shape[1] < 4
            let scale = isBox ? 48.0 : max(abs(value), 1e-3)
            worst = max(worst, abs(Double(raw.values[index]) - value) / scale)
        }
        #expect(worst < 1e-4)
    }

    @Test(arguments: ["static", "dynamic"])
    func `detections are those of the raw output, whatever the batch`(_ name: String) throws {
        let detector = try Detector(Checkpoint(path: Goldens.path("\(name).pt")))
        let pictures = try Pictures.golden()
        let (raw, shape) = try Goldens.array("\(name).raw.npy")
        let lane = Crew(size: 1).lane(0)
        // Half of the anchors score more than this.
        let scores = (0..<shape[2]).map { anchor in
            (4..<shape[1]).map { raw[$0 * shape[2] + anchor] }.max() ?? 0
        }
        let options = DetectionOptions.make(
            confidence: Float(scores.sorted()[shape[2] / 2]), iou: 1)
        var together = [[FoundBox]](repeating: [], count: pictures.count)
        let session = detector.makeSession()
        try session.detect(
            pictures: pictures.count, height: pictures.height, width: pictures.width, on: lane,
            options: { _ in options },
            load: { i, input in input.fill(pixels: pictures.pixels(i).span) },
            finish: { i, found, stages in
                together[i] = found
                #expect(stages.inference > .zero)
                #expect(stages.postprocess > .zero)
            })
        #expect(!together[0].isEmpty)
        #expect(together[0].allSatisfy { $0.confidence > options.confidence })
        for i in 0..<pictures.count {
            var alone: [FoundBox] = []
            try detector.makeSession().detect(
                pictures: 1, height: pictures.height, width: pictures.width, on: lane,
                options: { _ in options }, load: { $1.fill(pixels: pictures.pixels(i).span) },
                finish: { _, found, _ in alone = found })
            #expect(alone == together[i])
        }
    }

    @Test func `each picture has its own options`() throws {
        let detector = try Detector(Checkpoint(path: Goldens.path("static.pt")))
        let pictures = try Pictures.golden()
        var counts = [-1, -1]
        try detector.makeSession().detect(
            pictures: 2, height: pictures.height, width: pictures.width, on: Crew(size: 1).lane(0),
            options: { .make(confidence: 0, iou: 1, detectionsMax: $0 == 0 ? 3 : 5) },
            load: { i, input in input.fill(pixels: pictures.pixels(i).span) },
            finish: { i, found, _ in counts[i] = found.count })
        #expect(counts == [3, 5])
    }

    @Test(arguments: [
        (1, 32, 48, 32 * 48 * 3 - 1), (0, 32, 48, 0), (-1, 32, 48, 32 * 48 * 3),
        (1, -32, -48, 4608),
        (1, Int.max, 2, 6), (Int.max, 32, 48, 4608),
    ])
    func `a tensor that is not of its shape is refused`(
        _ pictures: Int, _ height: Int, _ width: Int, _ count: Int
    ) throws {
        let detector = try Detector(Checkpoint(path: Goldens.path("fused.pt")))
        let numbers = [Float](repeating: 0, count: count)
        #expect(
            throws: GraphError.shape(
                reason: "\(count) numbers are not (\(pictures), 3, \(height), \(width))")
        ) {
            _ = try detector.makeSession().rawOutput(
                numbers.span, pictures: pictures, height: height, width: width,
                on: Crew(size: 1).lane(0))
        }
    }

    @Test func `what the file says is described`() throws {
        let model = try Detector(Checkpoint(path: Goldens.path("softmax.pt"))).model
        #expect(model.names == ["bolt", "nut"])
        #expect(model.stride == 8)
        #expect(model.dynamicLayers == 2)
        #expect(
            model.routing == [
                RoutingDecision(kind: .softmax, reason: .shape, hidden: 5),
                RoutingDecision(kind: .softmax, reason: .shape, hidden: 7),
            ])
    }

    @Test func `the routing that a flag asks for changes the answer`() throws {
        let checkpoint = try Checkpoint(path: Goldens.path("dynamic.pt"))
        let pictures = try Pictures.golden()
        func raw(_ routing: Detector.Overrides.RoutingKind?) throws -> [Float] {
            try Detector(checkpoint, overrides: .init(routing: routing)).makeSession().rawOutput(
                pictures.planes.span, pictures: pictures.count, height: pictures.height,
                width: pictures.width, on: Crew(size: 1).lane(0)
            ).values
        }
        #expect(try raw(.sigmoid) == raw(nil))
        #expect(try raw(.softmax) != raw(nil))
    }
}

/// The pictures of `input.npy`: (N, 3, H, W) bytes.
struct Pictures {
    let count: Int
    let height: Int
    let width: Int
    private let bytes: [UInt8]

    static func golden() throws -> Pictures {
        let (values, shape) = try Goldens.array("input.npy")
        return Pictures(
            count: shape[0], height: shape[2], width: shape[3], bytes: values.map { UInt8($0) })
    }

    /// (N, 3, H, W), as the network sees them.
    var planes: [Float] { bytes.map { Float($0) / 255 } }

    /// Picture `i`, (H, W, 3).
    func pixels(_ i: Int) -> [UInt8] {
        let plane = height * width
        return (0..<plane * 3).map { bytes[i * 3 * plane + $0 % 3 * plane + $0 / 3] }
    }
}
