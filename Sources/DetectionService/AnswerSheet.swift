internal import Synchronization

/// Collects the results of one request's pictures, which come in any order from any worker.
final class AnswerSheet: Sendable {
    private let state: Mutex<State>

    private struct State {
        var predictions: [Prediction?]
        var missing: Int
        var isClosed = false
    }

    init(count: Int) {
        state = Mutex(State(predictions: Array(repeating: nil, count: count), missing: count))
    }

    /// Whether the request is answered already, so that the pictures left need no work.
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Enters a picture's result.
    ///
    /// To one caller, once, it gives back what the request is to be answered with: all predictions
    /// in their order, or the first failure.
    func enter(
        _ result: Result<Prediction, ServiceError>, at index: Int
    ) -> Result<[Prediction], ServiceError>? {
        state.withLock { state in
            guard !state.isClosed else { return nil }
            switch result {
            case .failure(let error):
                state.isClosed = true
                return .failure(error)
            case .success(let prediction):
                state.predictions[index] = prediction
                state.missing -= 1
                guard state.missing == 0 else { return nil }
                state.isClosed = true
                return .success(state.predictions.compactMap { $0 })
            }
        }
    }
}
