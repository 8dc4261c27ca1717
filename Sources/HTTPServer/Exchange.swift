internal import Synchronization

/// One request and the way to answer it.
package final class Exchange: Sendable {
    /// What was asked.
    package let head: RequestHead
    /// The whole body, without chunks and codings; empty where there was none.
    package let body: [UInt8]
    /// When the head's first byte came; for a pipelined request, when its turn came.
    package let receivedAt: ContinuousClock.Instant

    private let send: @Sendable (Response) -> Void
    private let isAnswered = Atomic(false)
    private let departure: Departure

    /// A request, and what to do with its answer.
    package convenience init(
        head: RequestHead, body: [UInt8], receivedAt: ContinuousClock.Instant,
        respond: @escaping @Sendable (Response) -> Void
    ) {
        self.init(
            head: head, body: body, receivedAt: receivedAt, departure: Departure(),
            respond: respond)
    }

    init(
        head: RequestHead, body: [UInt8], receivedAt: ContinuousClock.Instant,
        departure: Departure, respond: @escaping @Sendable (Response) -> Void
    ) {
        self.head = head
        self.body = body
        self.receivedAt = receivedAt
        self.departure = departure
        send = respond
    }

    /// An exchange that is let go unanswered becomes a 500, so that no client waits for ever.
    deinit {
        if !isAnswered.load(ordering: .acquiring), !isAbandoned { send(Response(status: 500)) }
    }

    /// Sends the answer; from any thread, which may see to what else has come for its lane, but never waits.
    ///
    /// Not under a lock that a handler takes: another request may be handled within. The same holds for letting go
    /// of an exchange unanswered.
    /// A second call is a bug of ours and traps.
    package func respond(_ response: Response) {
        let wasAnswered = isAnswered.exchange(true, ordering: .acquiringAndReleasing)
        precondition(!wasAnswered, "a request is answered once")
        // Before the lane has it: what is computed holds up nobody else's connection.
        send(response.coded(for: head))
    }

    /// Whether the client has gone, so that work for it may be dropped.
    ///
    /// It stays false for a client that only finished sending and still reads.
    package var isAbandoned: Bool { departure.hasHappened }

    /// Marks the client as gone.
    package func abandon() { departure.happen() }
}

/// Whether a client has gone: told by its connection, read by whoever works for it.
///
/// Apart from the exchange, so that a connection does not keep a request and its body alive.
final class Departure: Sendable {
    private let flag = Atomic(false)

    var hasHappened: Bool { flag.load(ordering: .acquiring) }

    func happen() { flag.store(true, ordering: .releasing) }
}
