import Detection
import Imaging
import Testing

@testable import DetectionService

/// Finds as many things on a picture as its first byte says.
///
/// A picture of no bytes is refused by its header, one that begins with 255 when it is decoded.
private struct ByteCounter: Predictor {
    let model = ModelIdentity(
        description: ModelDescription(name: "bytes", names: ["byte"], stride: 32, imageSize: 64))
    let warmUpSizes: [PixelSize] = []

    var computation: Computation { .standIn }

    func letterbox(for bytes: Span<UInt8>) throws(DecodeError) -> Letterbox {
        guard let first = bytes.isEmpty ? nil : bytes[0] else { throw .empty }
        return Letterbox(
            source: PixelSize(width: 32 + Int(first) % 3 * 32, height: 32), imageSize: 64,
            stride: 32, shape: .rect)
    }

    func predict(
        _ bytes: Span<UInt8>, letterbox: Letterbox, options: PredictionOptions, on worker: Int,
        begins: () throws(PredictionError) -> Void
    ) throws(PredictionError) -> Prediction {
        guard bytes[0] < 255 else { throw .picture(.truncated) }
        let detection = DetectionService.Detection(
            label: "byte", classID: 0, confidence: 1, box: Box(x1: 0, y1: 0, x2: 1, y2: 1))
        return Prediction(
            size: letterbox.source, detections: Array(repeating: detection, count: Int(bytes[0])))
    }

    func assist(as worker: Int, while isWanted: () -> Bool) {}
    func warmUp(_ size: PixelSize, on worker: Int) throws(PredictionError) {}
}

struct CommandPictureRunnerTests {
    @Test(arguments: [(1, 1), (3, 1), (2, 4)])
    func `answers come in the order of the pictures`(workers: Int, batchMax: Int) throws {
        let runner = PictureRunner(ByteCounter(), workers: workers, batchMax: batchMax)
        for _ in 0..<2 {
            let predictions = try runner.predict(100, options: PredictionOptions()) {
                ("\($0)", PictureBytes([UInt8($0)]))
            }
            #expect(predictions.map(\.detections.count) == Array(0..<100))
        }
    }

    @Test(arguments: [
        ([], "'7' is empty"), ([255], "'7' ends early: a part of its file is missing"),
    ])
    func `a bad picture is named, and those behind it are not begun`(
        bytes: [UInt8], message: String
    ) {
        let runner = PictureRunner(ByteCounter(), workers: 2, batchMax: 1)
        var loaded = 0
        #expect(throws: CommandFailure(message)) {
            try runner.predict(1000, options: PredictionOptions()) { index in
                loaded += 1
                return ("\(index)", PictureBytes(index == 7 ? bytes : [1]))
            }
        }
        #expect(loaded < 1000)
    }

    @Test func `a picture that cannot be read ends the run`() {
        let runner = PictureRunner(ByteCounter(), workers: 2, batchMax: 1)
        #expect(throws: CommandFailure("gone")) {
            try runner.predict(10, options: PredictionOptions()) {
                (index) throws(CommandFailure) in
                if index == 3 { throw CommandFailure("gone") }
                return ("\(index)", PictureBytes([1]))
            }
        }
    }
}
