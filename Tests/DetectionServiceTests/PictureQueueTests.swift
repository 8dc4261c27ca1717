import Batching
import Imaging
import Locks
import Testing

@testable import DetectionService

@Suite(.serialized) struct PictureQueueTests {
    private func queue(
        _ predictor: any Predictor, workers: Int = 1, batchMax: Int = 4
    ) -> PictureQueue {
        PictureQueue(
            predictor: predictor, workers: workers, batchMax: batchMax, picturesMax: 16)
    }

    private typealias Answer = Result<Prediction, PredictionError>

    /// Submits pictures and gives back their answers in the order of submission.
    private func answers(
        _ pictures: [[UInt8]], to queue: PictureQueue,
        cancellation: @escaping @Sendable () -> Cancellation? = { nil },
        submitted: () async -> Void = {}
    ) async throws -> [Answer] {
        let (stream, continuation) = AsyncStream<(Int, Answer)>.makeStream()
        for (index, bytes) in pictures.enumerated() {
            let picture = PictureBytes(bytes)
            queue.submit(
                picture, to: queue.serving, letterbox: try queue.serving.letterbox(for: picture),
                options: PredictionOptions(), ticket: try queue.admit(), cancellation: cancellation
            ) { continuation.yield((index, $0)) }
        }
        await submitted()
        var answers: [Int: Answer] = [:]
        for await (index, answer) in stream {
            answers[index] = answer
            if answers.count == pictures.count { break }
        }
        return answers.sorted { $0.key < $1.key }.map(\.value)
    }

    @Test func `pictures of one frame that wait together are one batch, each with its answer`()
        async throws
    {
        let gate = Gate()
        let queue = queue(StandInPredictor(gate: gate))
        let shades: [UInt8] = [90, 120, 150, 210]
        let pictures = try shades.map { try Pictures.jpeg(shade: $0) }
        let answers = try await answers(
            pictures, to: queue,
            submitted: {
                await gate.waitForWorker()
                gate.open()
            })
        let predictions = try answers.map { try $0.get() }
        #expect(predictions.map { $0.detections[0].confidence * 256 } == [90, 120, 150, 210])
        // The worker took those that were there when it came, then the rest.
        #expect(predictions.map(\.batchSize).max() ?? 0 >= 2)
    }

    @Test func `pictures of different frames are never one batch`() async throws {
        let gate = Gate()
        let queue = queue(StandInPredictor(gate: gate))
        let wide = try Pictures.jpeg(width: 64, height: 16)
        let square = try Pictures.jpeg(width: 32, height: 32)
        let answers = try await answers(
            [square, wide, square, wide], to: queue,
            submitted: {
                await gate.waitForWorker()
                gate.open()
            })
        #expect(try answers.allSatisfy { try $0.get().batchSize <= 2 })
        #expect(try answers.map { try $0.get().size.height } == [32, 16, 32, 16])
    }

    @Test func `the time in the queue is told`() async throws {
        let gate = Gate()
        let queue = queue(StandInPredictor(gate: gate), batchMax: 1)
        let jpeg = try Pictures.jpeg()
        let start = ContinuousClock.now
        let waited = Guarded(Duration.zero)
        let answers = try await answers(
            [jpeg, jpeg], to: queue,
            submitted: {
                await gate.waitForWorker()
                waited.withLock { $0 = .now - start }
                gate.open()
            })
        let timing = try answers[1].get().timing
        #expect(timing.queue > .zero)
        #expect(timing.total >= timing.queue)
        #expect(timing.total <= .now - start)
    }

    @Test func `what nobody waits for is not decoded`() async throws {
        let queue = queue(StandInPredictor())
        let answers = try await answers(
            [try Pictures.jpeg()], to: queue, cancellation: { .clientGone })
        #expect(answers == [.failure(.cancelled(.clientGone))])
    }

    @Test func `a picture that must wait too long is refused`() async throws {
        let gate = Gate()
        let queue = queue(StandInPredictor(gate: gate), batchMax: 1)
        let jpeg = try Pictures.jpeg()
        gate.open()
        _ = try await answers([jpeg], to: queue)  // now it knows how long one takes
        gate.close()
        await gate.waitForWorker()
        async let running = answers([jpeg], to: queue)
        await gate.waitForWorker()
        async let waiting = answers([jpeg], to: queue)
        while queue.depth.waiting == 0 { await Task.yield() }
        #expect {
            try queue.checkForPlace(startBy: .now)
        } throws: {
            if case .time(let wait) = $0 as? Overloaded { wait > .zero } else { false }
        }
        #expect(throws: Never.self) { try queue.checkForPlace(startBy: .now + .seconds(3600)) }
        gate.open()
        _ = try await (running, waiting)
    }

    @Test func `a picture that is given up while it is decoded does not reach the network`()
        async throws
    {
        let asked = Guarded(0)
        let queue = queue(StandInPredictor())
        let answers = try await answers(
            [try Pictures.jpeg()], to: queue,
            cancellation: {
                asked.withLock {
                    $0 += 1
                    return $0 == 1 ? nil : .deadline
                }
            })
        #expect(answers == [.failure(.cancelled(.deadline))])
    }

    @Test func `a drained queue takes no more and answers what it took`() async throws {
        let gate = Gate()
        let queue = queue(StandInPredictor(gate: gate))
        let jpeg = try Pictures.jpeg()
        let answers = try await answers(
            [jpeg, jpeg], to: queue,
            submitted: {
                await gate.waitForWorker()
                queue.drain {}
                #expect(throws: Overloaded.draining) { try queue.checkForPlace() }
                gate.open()
            })
        #expect(answers.count == 2)
        for answer in answers { #expect(throws: Never.self) { try answer.get() } }
    }

    @Test func `a warm-up runs every frame, and tells of a failure`() async throws {
        let predictor = StandInPredictor()
        let queue = queue(predictor)
        #expect(await warmUp(queue) == nil)
        #expect(predictor.warmedUp.withLock { $0 } == predictor.warmUpSizes)

        let broken = self.queue(StandInPredictor(failure: .network("no memory")))
        #expect(await warmUp(broken) == .network("no memory"))
    }

    @Test func `another model is warmed up and takes over, and one that fails does not`()
        async throws
    {
        let queue = queue(StandInPredictor(version: "1"))
        let next = StandInPredictor(version: "2")
        #expect(await serve(next, queue) == nil)
        #expect(next.warmedUp.withLock { $0 } == next.warmUpSizes)
        #expect(queue.serving.identity.version == "2")
        let broken = StandInPredictor(failure: .network("no memory"), version: "3")
        #expect(await serve(broken, queue) == .network("no memory"))
        #expect(queue.serving.identity.version == "2")
    }

    @Test func `another model takes over while every place is taken`() async throws {
        let gate = Gate()
        let queue = PictureQueue(
            predictor: StandInPredictor(gate: gate), workers: 1, batchMax: 1, picturesMax: 1)
        async let held = answers([try Pictures.jpeg()], to: queue)
        await gate.waitForWorker()
        async let error = serve(StandInPredictor(version: "2"), queue)
        while queue.depth.waiting == 0 { await Task.yield() }
        gate.open()
        #expect(await error == nil)
        #expect(try await held.count == 1)
    }

    private func serve(_ predictor: any Predictor, _ queue: PictureQueue) async -> PredictionError?
    {
        await withCheckedContinuation { continuation in
            queue.serve(predictor) { continuation.resume(returning: $0) }
        }
    }

    private func warmUp(_ queue: PictureQueue) async -> PredictionError? {
        await withCheckedContinuation { continuation in
            queue.warmUp { continuation.resume(returning: $0) }
        }
    }
}
