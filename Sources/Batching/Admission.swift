internal import Locks
internal import Synchronization

/// The places and the bytes of a queue: taken before any work, given back after it.
final class Admission: Sendable {
    private let placesMax: Int
    private let bytesMax: Int
    private let state = Guarded(State())

    private struct State {
        var taken = 0
        var bytes = 0
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

    /// What there is none of.
    enum Shortage: Error {
        case closed, places, bytes
    }

    init(placesMax: Int, bytesMax: Int) {
        self.placesMax = placesMax
        self.bytesMax = bytesMax
    }

    /// Bytes held now.
    var bytes: Int { state.withLock { $0.bytes } }

    /// Takes one place; one that is not bounded is there until the end.
    func take(isBounded: Bool = true) throws(Shortage) {
        try state.withLock { (state) throws(Shortage) in
            guard !state.isClosed else { throw .closed }
            guard !isBounded || state.taken < placesMax else { throw .places }
            state.taken += 1
        }
    }

    /// Takes bytes.
    func takeBytes(_ count: Int) throws(Shortage) {
        precondition(count >= 0)
        try state.withLock { (state) throws(Shortage) in
            guard count <= bytesMax - state.bytes else { throw .bytes }
            state.bytes += count
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

    /// Gives bytes back.
    func giveBackBytes(_ count: Int) {
        state.withLock { state in
            precondition(count <= state.bytes, "more bytes given back than taken")
            state.bytes -= count
        }
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

/// Bytes that a queue keeps in memory for somebody, counted until it goes.
package final class Load: Sendable {
    private let admission: Admission
    private let bytes: Int
    private let isHeld = Atomic(true)

    init(_ bytes: Int, on admission: Admission) throws(Admission.Shortage) {
        try admission.takeBytes(bytes)
        self.bytes = bytes
        self.admission = admission
    }

    deinit { giveBack() }

    /// Counts them no longer, though somebody may still have it in hand.
    package func giveBack() {
        if isHeld.exchange(false, ordering: .relaxed) { admission.giveBackBytes(bytes) }
    }
}

/// Why a queue takes no more work, and how long new work would wait for a worker.
package enum Overloaded: Error, Equatable {
    /// No place will come free again.
    case draining
    /// Every place is taken.
    case places(expectedWait: Duration)
    /// Too many bytes are held.
    case bytes(expectedWait: Duration)
    /// It could not start in time.
    case time(expectedWait: Duration)

    init(_ shortage: Admission.Shortage, expectedWait: Duration) {
        switch shortage {
        case .closed: self = .draining
        case .places: self = .places(expectedWait: expectedWait)
        case .bytes: self = .bytes(expectedWait: expectedWait)
        }
    }
}
