internal import Batching
internal import Detection
internal import Imaging

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
    private let current: CurrentModel
    private let metrics: Metrics
    private let queue: BatchQueue<Work, WorkKind>

    /// Pictures may be one batch that are for one model, and have one size when letterboxed.
    private static func kind(of size: PixelSize, for model: ServingModel) -> WorkKind {
        WorkKind(
            number: (model.generation << 20 | size.width) << 20 | size.height,
            size: size.width * size.height)
    }

    /// Starts the workers.
    ///
    /// - Parameters:
    ///   - predictor: what works on a picture.
    ///   - workers: threads, each with a picture of its own.
    ///   - batchMax: pictures one worker takes at a time.
    ///   - picturesMax: pictures admitted and not yet answered.
    ///   - bytesMax: bytes of requests whose pictures are not yet answered.
    ///   - metrics: what happens to pictures is counted there.
    init(
        predictor: any Predictor, workers: Int, batchMax: Int, picturesMax: Int,
        bytesMax: Int = .max, metrics: Metrics = Metrics()
    ) {
        let current = CurrentModel(
            ServingModel(
                predictor: predictor, generation: 0,
                classCounters: metrics.counters(for: predictor.model.description.names)))
        self.current = current
        self.metrics = metrics
        queue = BatchQueue(
            workers: workers, batchMax: batchMax, jobsMax: picturesMax,
            bytesMax: bytesMax, size: { $0.size },
            process: { worker, batch in
                metrics.tookBatch(batch.count)
                for job in batch.dropLast() { job(worker, batch.count)() }
                return batch.last.map { $0(worker, batch.count) } ?? {}
            },
            assist: { current.model.predictor.assist(as: $0, while: $1) })
    }

    /// The model that serves who comes now.
    var serving: ServingModel { current.model }

    /// A place for one picture, or the refusal before any work.
    ///
    /// - Parameters:
    ///   - deadline: when a worker must have begun with it; nil for a client that waits for ever.
    ///   - others: pictures of the same request that go before it and are not submitted yet.
    /// - Returns: the place, which is given back when it is not used.
    /// - Throws: that there is none, or that the picture could not be begun in time.
    func admit(
        startBy deadline: ContinuousClock.Instant? = nil, behind others: Int = 0
    ) throws(Overloaded) -> Ticket {
        try queue.admit(startBy: deadline, behind: others)
    }

    /// Counts the bytes of a request until the load is let go of.
    func hold(bytes: Int) throws(Overloaded) -> Load { try queue.hold(bytes: bytes) }

    /// Puts a picture in line.
    ///
    /// - Parameters:
    ///   - picture: encoded, as it came.
    ///   - model: what works on it.
    ///   - letterbox: what the model's ``ServingModel/letterbox(for:)`` said of it.
    ///   - options: what the request asks of it.
    ///   - position: its number among the pictures of its request.
    ///   - ticket: the place that was admitted; it is given back before the result is.
    ///   - cancellation: asked before the picture is decoded and before the network runs; a reason
    ///     drops it.
    ///   - finish: takes what was found, once, on the worker.
    func submit(
        _ picture: PictureBytes, to model: ServingModel, letterbox: Letterbox,
        options: PredictionOptions, position: Int = 0, ticket: consuming Ticket,
        cancellation: @escaping @Sendable () -> Cancellation? = { nil },
        finish: @escaping @Sendable (Result<Prediction, PredictionError>) -> Void
    ) {
        let submittedAt = ContinuousClock.now
        let kind = Self.kind(of: letterbox.target, for: model)
        let job: Work = { [self] worker, batchSize in
            let stopwatch = Stopwatch()
            let result = Result { () throws(PredictionError) -> Prediction in
                func checkIfWanted() throws(PredictionError) {
                    if let reason = cancellation() { throw .cancelled(reason) }
                }
                try checkIfWanted()
                var prediction = try model.predictor.predict(
                    picture.span, letterbox: letterbox, options: options, on: worker
                ) { () throws(PredictionError) in
                    try checkIfWanted()
                    queue.callAssistants()
                }
                prediction.timing.queue = stopwatch.start - submittedAt
                prediction.timing.total = .now - submittedAt
                prediction.batchSize = batchSize
                return prediction
            }
            switch result {
            case .success(let prediction):
                queue.learn(kind, took: stopwatch.sinceStart)
                metrics.predicted(prediction, model.classCounters)
            case .failure(.cancelled(let reason)): metrics.cancelled(reason)
            case .failure: break
            }
            return { finish(result) }
        }
        queue.submit(job, kind: kind, position: position, ticket: ticket)
    }

    /// Tells how long a picture of that frame held its worker; admission reckons with it.
    func learn(_ size: PixelSize, took: Duration) {
        queue.learn(Self.kind(of: size, for: serving), took: took)
    }

    /// Runs every warm-up frame once, through the queue, and calls back with the first failure.
    func warmUp(completion: @escaping @Sendable (PredictionError?) -> Void) {
        let model = serving
        warmUp(model, model.predictor.warmUpSizes[...], completion: completion)
    }

    /// Warms another model up, beside the one that serves and by the same workers, and lets it serve who
    /// comes from then on.
    ///
    /// Who came before keeps the old one. When the new one fails, it calls back with why, and nothing has
    /// changed. One at a time.
    func serve(
        _ predictor: any Predictor, completion: @escaping @Sendable (PredictionError?) -> Void
    ) {
        let model = ServingModel(
            predictor: predictor, generation: serving.generation + 1,
            classCounters: metrics.counters(for: predictor.model.description.names))
        warmUp(model, predictor.warmUpSizes[...]) { [self] error in
            if error == nil { current.replace(by: model) }
            completion(error)
        }
    }

    private func warmUp(
        _ model: ServingModel, _ sizes: ArraySlice<PixelSize>,
        completion: @escaping @Sendable (PredictionError?) -> Void
    ) {
        guard let size = sizes.first else { return completion(nil) }
        let job: Work = { [self] worker, _ in
            do throws(PredictionError) {
                try model.predictor.warmUp(size, on: worker)
            } catch {
                return { completion(error) }
            }
            return { [self] in warmUp(model, sizes.dropFirst(), completion: completion) }
        }
        // However many wait: the service's own work needs no place of a client's.
        guard let ticket = try? queue.admitBeyondPlaces() else {
            return completion(.cancelled(.clientGone))
        }
        queue.submit(job, kind: Self.kind(of: size, for: model), ticket: ticket)
    }

    /// Pictures waiting and pictures being worked on.
    var depth: (waiting: Int, running: Int) { queue.depth }

    /// Bytes of requests that wait or are worked on.
    var bytesHeld: Int { queue.bytesHeld }

    /// How long a picture that came now would wait for a worker.
    var expectedWait: Duration { queue.expectedWait }

    /// Throws what ``admit(startBy:behind:)`` and ``hold(bytes:)`` would throw now: a look, not a
    /// promise.
    func checkForPlace(
        startBy deadline: ContinuousClock.Instant? = nil, bytes: Int = 0
    ) throws(Overloaded) {
        _ = try admit(startBy: deadline)
        _ = try hold(bytes: bytes)
    }

    /// Refuses new pictures, finishes those admitted, then calls back.
    func drain(completion: @escaping @Sendable () -> Void) {
        queue.drain(completion: completion)
    }
}
