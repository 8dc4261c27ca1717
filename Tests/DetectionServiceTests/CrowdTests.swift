import Detection
import HTTPServer
import Imaging
import Testing

@testable import DetectionService

/// The built-in model behind real sockets, asked by many at once.
struct CrowdTests {
    /// Noise in coarse blocks: enough for the model to find something at a low threshold.
    private func picture(width: Int, height: Int, seed: UInt64) throws -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        var blocks: [UInt8] = []
        for _ in 0..<4096 { blocks.append(UInt8.random(in: .min ... .max, using: &generator)) }
        var picture = Picture(size: PixelSize(width: width, height: height))
        var pixels = picture.mutablePixels
        for index in pixels.indices {
            let (x, y) = (index / 3 % width, index / 3 / width)
            pixels[index] = blocks[(y / 5 * 61 + x / 5) % blocks.count]
        }
        return try picture.jpeg(quality: 80)
    }

    @Test func `64 clients at once get what each gets alone, some in batches`() async throws {
        let gate = Gate()
        let predictor = GatedPredictor(
            NetworkPredictor(
                try Detector(BuiltIn.checkpoint()), workers: 2, imageSize: 96, shape: .rect,
                limits: ImageLimits()), gate)
        let site = try Site(predictor, over: .loopback, queueMax: 256)
        let sizes = [(70, 50), (50, 70), (64, 64), (120, 31), (97, 13), (33, 140)]
        let requests = try (0..<64).map { client in
            let (width, height) = sizes[client % sizes.count]
            return TestRequest.picture(
                try picture(width: width, height: height, seed: UInt64(client)),
                query: [("conf", "0.001"), ("max_det", "20")])
        }

        gate.open()
        var alone: [ReplyShape] = []
        for request in requests { alone.append(try await site.send(request).json()) }
        gate.close()
        let crowd = try await withThrowingTaskGroup(of: (Int, ReplyShape).self) { group in
            for (client, request) in requests.enumerated() {
                group.addTask { (client, try await site.send(request).json()) }
            }
            // Nobody is served until all are there, so that there is something to batch.
            while site.queue.depth.waiting + site.queue.depth.running < requests.count {
                await Task.yield()
            }
            gate.open()
            var replies: [Int: ReplyShape] = [:]
            for try await (client, reply) in group { replies[client] = reply }
            return requests.indices.compactMap { replies[$0] }
        }
        #expect(crowd.map(\.image) == alone.map(\.image))
        #expect(crowd.map(\.detections) == alone.map(\.detections))
        #expect(alone.contains { !$0.detections.isEmpty })
        #expect(crowd.contains { $0.batch_size > 1 })
        for (client, reply) in crowd.enumerated() {
            let (width, height) = sizes[client % sizes.count]
            #expect(reply.image == ReplyShape.Size(width: width, height: height))
            let confidences = reply.detections.map(\.confidence)
            #expect(confidences == confidences.sorted(by: >))
        }
    }
}

/// Another predictor, behind a gate.
private struct GatedPredictor: Predictor {
    private let inner: NetworkPredictor
    private let gate: Gate

    init(_ inner: NetworkPredictor, _ gate: Gate) {
        self.inner = inner
        self.gate = gate
    }

    var model: ModelIdentity { inner.model }
    var computation: Computation { inner.computation }
    var warmUpSizes: [PixelSize] { inner.warmUpSizes }

    func letterbox(for bytes: Span<UInt8>) throws(DecodeError) -> Letterbox {
        try inner.letterbox(for: bytes)
    }

    func predict(
        _ bytes: Span<UInt8>, letterbox: Letterbox, options: PredictionOptions, on worker: Int,
        begins: () throws(PredictionError) -> Void
    ) throws(PredictionError) -> Prediction {
        gate.pass()
        return try inner.predict(
            bytes, letterbox: letterbox, options: options, on: worker,
            begins: begins)
    }

    func assist(as worker: Int, while isWanted: () -> Bool) {
        inner.assist(as: worker, while: isWanted)
    }

    func warmUp(_ size: PixelSize, on worker: Int) throws(PredictionError) {
        try inner.warmUp(size, on: worker)
    }
}
