internal import Synchronization

/// Counts the connections, and knows when a drain is over.
///
/// Its lock is taken when a connection opens or closes, not for a request.
final class Occupancy: Sendable {
    /// What to do with a new connection.
    enum Verdict: Equatable {
        case serve
        /// Tell it that there are too many.
        case turnAway
        /// Close it: there are too many even of those.
        case drop
    }

    private struct State: Sendable {
        var open = 0
        var abandoned = 0
        var isClosedToNew = false
        var completions: [@Sendable (Int) -> Void] = []

        /// The calls to make, once the drain is over.
        mutating func calls() -> [@Sendable (Int) -> Void] {
            guard isClosedToNew, open == 0 else { return [] }
            defer { completions = [] }
            return completions
        }
    }

    private let limits: Limits
    private let state = Mutex(State())

    init(limits: Limits) { self.limits = limits }

    /// Connections open now.
    var count: Int { state.withLock(\.open) }

    /// A connection opens; unless it is dropped, ``leave(isAbandoned:)`` follows.
    func enter() -> Verdict {
        state.withLock { state in
            guard state.open < limits.connectionsMax + limits.turnedAwayMax else { return .drop }
            state.open += 1
            return state.open <= limits.connectionsMax ? .serve : .turnAway
        }
    }

    /// A connection closed; `isAbandoned` when a request on it was not answered to its end.
    func leave(isAbandoned: Bool) {
        finish { state in
            state.open -= 1
            if isAbandoned { state.abandoned += 1 }
        }
    }

    /// Calls back once no connection is left, after ``closeToNew()``, with how many were abandoned.
    func whenEmpty(_ completion: @escaping @Sendable (Int) -> Void) {
        finish { $0.completions.append(completion) }
    }

    /// No connection enters from now on.
    func closeToNew() { finish { $0.isClosedToNew = true } }

    private func finish(_ change: (inout sending State) -> Void) {
        let (calls, abandoned) = state.withLock { state in
            change(&state)
            return (state.calls(), state.abandoned)
        }
        for call in calls { call(abandoned) }
    }
}
