import Detection
import Foundation
import Imaging
import Testing

@testable import DetectionService

struct PredictorTests {
    @Test func `a network that does not fit a picture says so in words`() throws {
        // The command line showed `shape(reason: "…")`, as Swift prints the error.
        let predictor = NetworkPredictor(
            try Detector(BuiltIn.checkpoint()), workers: 1, shape: .rect, limits: ImageLimits())
        let error = #expect(throws: PredictionError.self) {
            try predictor.warmUp(PixelSize(width: 33, height: 33), on: 0)
        }
        guard case .network(let words)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(words.contains("joins maps") && !words.contains("shape("))
    }

    @Test func `a JPEG decoded at a reduced scale has nearly the same boxes, on the whole picture`()
        throws
    {
        let bytes = try Self.enlargedScene()
        let size = try ImageDecoder.probe(bytes.span, limits: ImageLimits()).size
        let whole = try Self.predict(bytes, .exact, PredictionOptions())
        let reduced = try Self.predict(bytes, .reduced, PredictionOptions())
        #expect(reduced.size == size && !whole.detections.isEmpty)
        try #require(reduced.detections.count == whole.detections.count)
        // By place: codes that are about equally sure may change their order.
        let places = [reduced, whole].map { $0.detections.sorted { $0.box.x1 < $1.box.x1 } }
        for (one, other) in zip(places[0], places[1]) {
            #expect(one.classID == other.classID)
            #expect(abs(one.confidence - other.confidence) < 0.1)
            #expect(abs(one.box.x1 - other.box.x1) < 16 && abs(one.box.y2 - other.box.y2) < 16)
        }
    }

    @Test func `boxes are drawn on the whole picture, whatever the scale`() throws {
        let bytes = try Self.enlargedScene()
        var options = PredictionOptions()
        options.isAnnotated = true
        let annotated = try Self.predict(bytes, .reduced, options).annotatedJPEG ?? []
        let size = try ImageDecoder.probe(annotated.span, limits: ImageLimits()).size
        #expect(size == (try ImageDecoder.probe(bytes.span, limits: ImageLimits()).size))
    }

    private static func predict(
        _ bytes: [UInt8], _ scaling: JPEGScaling, _ options: PredictionOptions
    ) throws -> Prediction {
        let predictor = NetworkPredictor(
            try Detector(BuiltIn.checkpoint()), workers: 1, shape: .rect, limits: ImageLimits(),
            jpegScaling: scaling)
        let letterbox = try predictor.letterbox(for: bytes.span)
        return try predictor.predict(
            bytes.span, letterbox: letterbox, options: options, on: 0, begins: {})
    }

    /// The scene as a photograph four times as large as the network's input.
    private static func enlargedScene() throws -> [UInt8] {
        let bytes = try golden("scene.png")
        let scene = try ImageDecoder.decode(bytes.span, limits: ImageLimits())
        let source = scene.pixels
        let (width, side) = (scene.size.width, scene.size.width * 4)
        var large = Picture(size: PixelSize(width: side, height: scene.size.height * 4))
        var pixels = large.mutablePixels
        for index in pixels.indices {
            let y = index / 3 / side / 4
            let x = index / 3 % side / 4
            pixels[index] = source[(y * width + x) * 3 + index % 3]
        }
        return try large.jpeg(quality: 95)
    }

    private static func golden(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: Bundle.module.bundleURL.appending(path: "Goldens/\(name)")))
    }
}
