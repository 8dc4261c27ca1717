internal import Locks

/// Counts the connections, and knows when a drain is over.
///
/// Its lock is taken when a connection opens or closes, not for a request.
final class Occupancy: Sendable {
    /// What to do with a new connection.
    enum Verdict: Equatable {
        case serve
        /// Tell it that there are too many: of all, or of that client's.
        case turnAway(isClients: Bool)
        /// Close it: there are too many even of those.
        case drop
    }

    private struct State: Sendable {
        var served = 0
        var turnedAway = 0
        var ofClient: [ClientAddress: Int] = [:]
        var abandoned = 0
        var isClosedToNew = false
        var completions: [@Sendable (Int) -> Void] = []

        /// The calls to make, once the drain is over.
        mutating func calls() -> [@Sendable (Int) -> Void] {
            guard isClosedToNew, served == 0, turnedAway == 0 else { return [] }
            defer { completions = [] }
            return completions
        }
    }

    private let limits: Limits
    private let state = Guarded(State())

    init(limits: Limits) { self.limits = limits }

    /// Connections open now.
    var count: Int { state.withLock { $0.served + $0.turnedAway } }

    /// A connection opens; unless it is dropped, ``leave(_:of:isAbandoned:)`` follows.
    func enter(_ client: ClientAddress) -> Verdict {
        state.withLock { state in
            let ofClient = state.ofClient[client, default: 0]
            let isClients =
                limits.connectionsPerClientMax > 0 && ofClient >= limits.connectionsPerClientMax
            if state.served < limits.connectionsMax, !isClients {
                state.served += 1
                state.ofClient[client] = ofClient + 1
                return .serve
            }
            guard state.turnedAway < limits.turnedAwayMax else { return .drop }
            state.turnedAway += 1
            return .turnAway(isClients: isClients)
        }
    }

    /// A connection of that verdict closed; `isAbandoned` when a request on it was cut off.
    func leave(_ verdict: Verdict, of client: ClientAddress, isAbandoned: Bool = false) {
        finish { state in
            switch verdict {
            case .serve:
                state.served -= 1
                let others = state.ofClient[client, default: 1] - 1
                state.ofClient[client] = others > 0 ? others : nil
            case .turnAway: state.turnedAway -= 1
            case .drop: break
            }
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
