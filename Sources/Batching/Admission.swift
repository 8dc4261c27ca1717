internal import Locks

/// The places of a queue: taken before any work, given back after it.
final class Admission: Sendable {
    private let placesMax: Int
    private let state = Guarded(State())

    private struct State {
        var taken = 0
        var isClosed = false
        /// What is to be done once, when closed and empty.
        var whenEmpty: (@Sendable () -> Void)?

        /// What has to be done now, if this is the moment.
        mutating func dueAction() -> (@Sendable () -> Void)? {
            guard isClosed, taken == 0 else { return nil }
            defer { whenEmpty = nil }
            return whenEmpty
        }
    }

    init(placesMax: Int) {
        self.placesMax = placesMax
    }

    /// Takes one place.
    func take() throws(Overloaded) {
        try state.withLock { (state) throws(Overloaded) in
            guard !state.isClosed else { throw Overloaded(isDraining: true) }
            guard state.taken < placesMax else { throw Overloaded(isDraining: false) }
            state.taken += 1
        }
    }

    /// Gives places back.
    func giveBack(_ count: Int) {
        let action = state.withLock { state in
            precondition(count <= state.taken, "more places given back than taken")
            state.taken -= count
            return state.dueAction()
        }
        action?()
    }

    /// Gives no more places, and calls `whenEmpty` as soon as all are given back: once, whoever
    /// closes again.
    func close(whenEmpty: @escaping @Sendable () -> Void) {
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            guard !state.isClosed else { return nil }
            state.isClosed = true
            state.whenEmpty = whenEmpty
            return state.dueAction()
        }
        action?()
    }
}

/// A place in a queue; given back by `deinit` when not used.
package struct Ticket: ~Copyable, Sendable {
    private var admission: Admission?

    init(of admission: Admission) {
        self.admission = admission
    }

    /// Passes the place on to a job.
    consuming func use(at admission: Admission) {
        precondition(self.admission === admission, "a ticket of another queue")
        self.admission = nil
    }

    deinit { admission?.giveBack(1) }
}

/// The queue is full (or draining).
package struct Overloaded: Error, Equatable {
    /// Whether no place will come free again.
    package let isDraining: Bool
}
