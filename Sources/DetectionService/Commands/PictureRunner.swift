internal import Locks
internal import Batching
internal import Dispatch
internal import Imaging

/// Pictures through the service's own queue and workers, for commands that wait for them all.
struct PictureRunner {
    private let queue: PictureQueue
    /// Pictures read and not yet answered: enough that no worker waits for one to be read.
    private let aheadMax: Int

    /// Starts the workers.
    init(_ predictor: any Predictor, workers: Int, batchMax: Int) {
        aheadMax = 2 * workers * batchMax
        // A place is given back only when its batch ends, after its answer: hence the third part.
        queue = PictureQueue(
            predictor: predictor, workers: workers, batchMax: batchMax,
            picturesMax: aheadMax + workers * batchMax)
    }

    /// What is found on each of `count` pictures, in their order.
    ///
    /// `load` gives the name and the bytes of picture `i`; it is called in order, a few ahead.
    ///
    /// - Throws: what is wrong with a bad picture, naming it; those behind it are not begun.
    func predict(
        _ count: Int, options: PredictionOptions,
        load: (_ i: Int) throws(CommandFailure) -> (name: String, bytes: PictureBytes)
    ) throws(CommandFailure) -> [Prediction] {
        let results = Guarded<[Int: Result<Prediction, CommandFailure>]>([:])
        let isFailed = { results.withLock { $0.values.contains { (try? $0.get()) == nil } } }
        let ahead = DispatchSemaphore(value: aheadMax)
        let running = DispatchGroup()
        defer { running.wait() }

        for index in 0..<count where !isFailed() {
            let (name, bytes) = try load(index)
            ahead.wait()
            running.enter()
            submit(bytes, named: name, options: options) { result in
                results.withLock { $0[index] = result }
                ahead.signal()
                running.leave()
            }
        }
        running.wait()
        var predictions: [Prediction] = []
        for (_, result) in results.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            predictions.append(try result.get())
        }
        return predictions
    }

    private func submit(
        _ picture: PictureBytes, named name: String, options: PredictionOptions,
        finish: @escaping @Sendable (Result<Prediction, CommandFailure>) -> Void
    ) {
        let model = queue.serving
        let letterbox: Letterbox
        do { letterbox = try model.letterbox(for: picture) } catch {
            let words = PredictionError.picture(error).words
            return finish(.failure(CommandFailure("'\(name)' \(words)")))
        }
        do throws(Overloaded) {
            let ticket = try queue.admit()
            queue.submit(
                picture, to: model, letterbox: letterbox, options: options, ticket: ticket
            ) {
                finish($0.mapError { CommandFailure("'\(name)' \($0.words)") })
            }
        } catch {
            finish(.failure(CommandFailure("'\(name)' found no place in the queue")))
        }
    }
}
