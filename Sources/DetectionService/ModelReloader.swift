internal import Dispatch
internal import Locks

/// Replaces the model while the service runs, without a request noticing.
///
/// The file is read anew, the new model is warmed up beside the old one, by the same workers, and takes
/// over between two batches. Until then, and if anything is wrong, the old one serves. For that time memory
/// holds both.
final class ModelReloader: Sendable {
    private let pictures: PictureQueue
    private let load: @Sendable () throws(CommandFailure) -> any Predictor
    private let metrics: Metrics
    private let log: ServiceLog
    private let queue = DispatchQueue(label: "reload")
    private let isBusy = Guarded(false)

    /// Why the old model still serves.
    enum Failure: Error, Equatable {
        /// Another reload has not ended yet.
        case busy
        /// The new one cannot be used.
        case unusable(String)
    }

    /// A reloader that has nothing to do yet; `load` reads the model.
    init(
        _ pictures: PictureQueue, metrics: Metrics, log: ServiceLog,
        load: @escaping @Sendable () throws(CommandFailure) -> any Predictor
    ) {
        self.pictures = pictures
        self.metrics = metrics
        self.log = log
        self.load = load
    }

    /// Replaces the model and calls back, on some queue, with the new one's name or what went wrong.
    func reload(
        completion: @escaping @Sendable (Result<ModelIdentity, Failure>) -> Void = { _ in }
    ) {
        let isFirst = isBusy.withLock { isBusy in
            defer { isBusy = true }
            return !isBusy
        }
        guard isFirst else { return completion(.failure(.busy)) }
        let begun = ContinuousClock.now
        let finish: @Sendable (Result<ModelIdentity, Failure>) -> Void = { [self] result in
            isBusy.withLock { $0 = false }
            note(result, took: .now - begun)
            completion(result)
        }
        queue.async { [self] in
            let predictor: any Predictor
            do throws(CommandFailure) { predictor = try load() } catch {
                return finish(.failure(.unusable(error.message)))
            }
            pictures.serve(predictor) { error in
                if let error {
                    finish(.failure(.unusable("the model does not run: it \(error.words)")))
                } else {
                    finish(.success(predictor.model))
                }
            }
        }
    }

    private func note(_ result: Result<ModelIdentity, Failure>, took: Duration) {
        switch result {
        case .success(let model):
            metrics.reloads.add(1)
            log.note(.info) { line in
                line.add("event", "model_reloaded")
                line.add("model", model.name)
                line.add("model_version", model.version)
                line.add("ms", took)
            }
        case .failure(.unusable(let reason)):
            metrics.failedReloads.add(1)
            log.note(.error) { line in
                line.add("event", "model_kept")
                line.add("detail", reason)
            }
        case .failure(.busy): break
        }
    }
}
