/// One client's socket, and the conversation on it.
///
/// Used on one queue only.
///
/// The conversation decides; this performs. Readiness is remembered here, for the poller tells of
/// each change only once.
final class Connection {
    typealias Instant = ContinuousClock.Instant

    /// What a connection is served with.
    struct Service {
        let limits: Limits
        let handler: any Handler
        /// Makes the way back for the answer to a request of this connection.
        let answering: (UInt64) -> @Sendable (Response) -> Void
    }

    /// How a turn ended.
    enum Turn: Equatable {
        case waiting
        /// There is more to read, but others on this queue are next.
        case unfinished
        case closed
    }

    let key: UInt64
    /// Under which it is counted.
    let verdict: Occupancy.Verdict
    private let socket: Socket
    private(set) var conversation: Conversation
    private var outbox = Outbox()
    private var mayRead = true
    private var mayWrite = true
    private var departure: Departure?

    init(
        key: UInt64, verdict: Occupancy.Verdict, socket: Socket, conversation: Conversation
    ) {
        self.key = key
        self.verdict = verdict
        self.socket = socket
        self.conversation = conversation
    }

    /// Notes what became possible; ``turn(_:_:at:)`` follows.
    func take(_ event: Poller.Event) {
        if event.isReadable { mayRead = true }
        if event.isWritable { mayWrite = true }
        if event.peerHasEnded { conversation.clientMayHaveLeft() }
        if event.isBroken { conversation.failed() }
    }

    /// The time has come, or an answer, or the end of the server; ``turn(_:_:at:)`` follows.
    func change(_ change: (inout Conversation) -> Void) { change(&conversation) }

    /// Does all that can be done now.
    func turn(_ service: Service, _ desk: inout Desk, at now: Instant) -> Turn {
        var bytesLeft = service.limits.turnBytesMax
        while true {
            while let action = conversation.next(at: now) {
                guard perform(action, service, &desk, at: now) else { return .closed }
            }
            if flush(at: now) { continue }
            guard conversation.wantsBytes, mayRead else { return .waiting }
            guard bytesLeft > 0 else { return .unfinished }
            bytesLeft -= read(&desk, at: now)
        }
    }

    /// Tells whoever works for this client that it has gone.
    func abandon() { departure?.happen() }

    /// False when the connection is to be closed.
    private func perform(
        _ action: Conversation.Action, _ service: Service, _ desk: inout Desk, at now: Instant
    ) -> Bool {
        switch action {
        case .admit(let head):
            conversation.admitted(service.handler.admit(head), at: now)
        case .refuse(let refusal, let head):
            conversation.answer(service.handler.response(to: refusal, head: head))
        case .goOn: outbox.add(Reply.goOn)
        case .probe: outbox.add(Reply.beginning)
        case .handle(let request):
            let departure = Departure()
            self.departure = departure
            service.handler.handle(
                Exchange(
                    head: request.head, body: request.body, receivedAt: request.receivedAt,
                    departure: departure, respond: service.answering(key)))
        case .send(let reply):
            departure = nil
            outbox.add(reply.head(date: desk.date()))
            outbox.add(reply.body)
        case .endSending: socket.endSending()
        case .close:
            abandon()
            return false
        }
        return true
    }

    /// Sends what waits; true when that changed what comes next.
    private func flush(at now: Instant) -> Bool {
        while !outbox.isEmpty, mayWrite {
            switch outbox.send(on: socket) {
            case .bytes: continue
            case .notNow: mayWrite = false
            case .failure:
                conversation.failed()
                return true
            }
        }
        guard outbox.isEmpty, conversation.isSending else { return false }
        conversation.sent(at: now)
        return true
    }

    /// Reads once; the bytes read, at least 1.
    private func read(_ desk: inout Desk, at now: Instant) -> Int {
        var received = Socket.Received.failure
        if conversation.takesBodyDirectly {
            conversation.fillBody { received = socket.receive(into: &$0) }
        } else {
            received = desk.read(from: socket) { conversation.received($0, at: now) }
        }
        switch received {
        case .bytes(let count): return count
        case .end: conversation.receivedEnd()
        case .nothingYet: mayRead = false
        case .failure: conversation.failed()
        }
        return 1
    }
}
