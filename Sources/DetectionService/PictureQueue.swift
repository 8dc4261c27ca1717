internal import Batching
internal import Detection
internal import Imaging
internal import Synchronization

/// Pictures that wait for a worker, and the workers that turn them into detections.
///
/// The queue holds *encoded* pictures; their headers have been read, so that those of one frame can
/// be taken together. All else is done on a worker: decode, letterbox, network, boxes, and whatever
/// `finish` does with them. Nothing is decoded that is then refused, and decoded pixels are bounded
/// by the number of workers.
///
/// A batch is run picture by picture, each answered as soon as it is done: the engine runs its
/// samples one after another anyway (so that activations stay in the cache), and the first of a
/// batch need not wait for the last to be decoded.
final class PictureQueue: Sendable {
    private let predictor: any Predictor
    private let workers: Int
    private let waitMax: Duration
    private let metrics: Metrics
    /// Of the model's classes.
    private let classCounters: [Counter]
    private let queue: BatchQueue<Job, PixelSize>
    /// Microseconds a picture holds a worker, averaged over the last ones.
    private let pictureMicroseconds = Atomic(0)

    /// What a worker does when it comes to it.
    private typealias Job = @Sendable (_ worker: Int, _ batchSize: Int) -> Void

    /// Starts the workers.
    ///
    /// - Parameters:
    ///   - predictor: what works on a picture.
    ///   - workers: threads, each with a picture of its own.
    ///   - batchMax: pictures one worker takes at a time.
    ///   - picturesMax: pictures admitted and not yet answered.
    ///   - waitMax: the longest a picture may be expected to wait for a worker.
    ///   - metrics: what happens to pictures is counted there.
    init(
        predictor: any Predictor, workers: Int, batchMax: Int, picturesMax: Int,
        waitMax: Duration = .seconds(10), metrics: Metrics = Metrics()
    ) {
        self.predictor = predictor
        self.workers = workers
        self.waitMax = waitMax
        self.metrics = metrics
        classCounters = metrics.counters(for: predictor.model.description.names)
        queue = BatchQueue(
            workers: workers, batchMax: batchMax, jobsMax: picturesMax,
            process: { worker, batch in
                metrics.tookBatch(batch.count)
                for job in batch { job(worker, batch.count) }
            },
            assist: { predictor.assist(as: $0, while: $1) })
    }

    /// What answers call the model.
    var model: ModelIdentity { predictor.model }

    /// A place for one picture, or the refusal before any work.
    func admit() throws(Overload) -> Ticket {
        let wait = expectedWait
        guard wait <= waitMax else { throw .full(expectedWait: wait) }
        do { return try queue.admit() } catch {
            throw error.isDraining ? .draining : .full(expectedWait: wait)
        }
    }

    /// Reads a picture's header: the frame it will be put into, or why it is not taken.
    func letterbox(for picture: PictureBytes) throws(DecodeError) -> Letterbox {
        try predictor.letterbox(for: picture.span)
    }

    /// Puts a picture in line.
    ///
    /// - Parameters:
    ///   - picture: encoded, as it came.
    ///   - letterbox: what ``letterbox(for:)`` said of it.
    ///   - options: what the request asks of it.
    ///   - ticket: the place that was admitted; it is given back with the result.
    ///   - cancellation: asked before the picture is decoded; a reason drops it.
    ///   - finish: takes what was found, once, on the worker.
    func submit(
        _ picture: PictureBytes, letterbox: Letterbox, options: PredictionOptions,
        ticket: consuming Ticket, cancellation: @escaping @Sendable () -> Cancellation? = { nil },
        finish: @escaping @Sendable (Result<Prediction, PredictionError>) -> Void
    ) {
        let submittedAt = ContinuousClock.now
        let job: Job = { [self] worker, batchSize in
            if let reason = cancellation() {
                metrics.cancelled(reason)
                return finish(.failure(.cancelled(reason)))
            }
            var stopwatch = Stopwatch()
            let result = Result { () throws(PredictionError) -> Prediction in
                var prediction = try predictor.predict(
                    picture.span, letterbox: letterbox, options: options, on: worker,
                    callAssistants: queue.callAssistants)
                prediction.timing.queue = stopwatch.start - submittedAt
                prediction.timing.total = .now - submittedAt
                prediction.batchSize = batchSize
                return prediction
            }
            learn(stopwatch.lap())
            if case .success(let prediction) = result {
                metrics.predicted(prediction, classCounters)
            }
            finish(result)
        }
        queue.submit(job, kind: letterbox.target, ticket: ticket)
    }

    /// Runs every warm-up frame once, through the queue, and calls back with the first failure.
    func warmUp(completion: @escaping @Sendable (PredictionError?) -> Void) {
        warmUp(predictor.warmUpSizes[...], completion: completion)
    }

    private func warmUp(
        _ sizes: ArraySlice<PixelSize>, completion: @escaping @Sendable (PredictionError?) -> Void
    ) {
        guard let size = sizes.first else { return completion(nil) }
        let job: Job = { [self] worker, _ in
            do throws(PredictionError) { try predictor.warmUp(size, on: worker) } catch {
                return completion(error)
            }
            warmUp(sizes.dropFirst(), completion: completion)
        }
        guard let ticket = try? queue.admit() else { return completion(.cancelled(.clientGone)) }
        queue.submit(job, kind: size, ticket: ticket)
    }

    /// Pictures waiting and pictures being worked on.
    var depth: (waiting: Int, running: Int) { queue.depth }

    /// Throws what ``admit()`` would throw now: a look, not a promise.
    func checkForPlace() throws(Overload) { _ = try admit() }

    /// Refuses new pictures, finishes those admitted, then calls back.
    func drain(completion: @escaping @Sendable () -> Void) {
        queue.drain(completion: completion)
    }

    /// How long a picture that came now would wait for a worker.
    private var expectedWait: Duration {
        let rounds = Double(queue.depth.waiting) / Double(workers)
        return .microseconds(
            rounds * Double(pictureMicroseconds.load(ordering: .relaxed)))
    }

    /// Averages over about eight pictures.
    ///
    /// Two workers at once may lose one sample: it is a guess.
    private func learn(_ sample: Duration) {
        let sample = Int(sample.milliseconds * 1000)
        let average = pictureMicroseconds.load(ordering: .relaxed)
        pictureMicroseconds.store(
            average == 0 ? sample : average + (sample - average) / 8, ordering: .relaxed)
    }
}

/// Why a picture is refused before any work.
enum Overload: Error, Equatable {
    /// Too many wait already; the wait to be expected.
    case full(expectedWait: Duration)
    /// The service is going down.
    case draining
}
