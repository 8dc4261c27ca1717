/// One client's socket, and the conversation on it.
///
/// Used by its lane only.
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
        /// There is more to read, but others of this lane are next.
        case unfinished
        case closed
    }

    let key: UInt64
    let client: ClientAddress
    /// Under which it is counted.
    let verdict: Occupancy.Verdict
    private var transport: Transport
    private(set) var conversation: Conversation
    private var outbox = Outbox()
    private var mayRead = true
    private var mayWrite = true
    private var peerHasEnded = false
    private var isEnding = false
    private var departure: Departure?

    init(
        key: UInt64, client: ClientAddress, verdict: Occupancy.Verdict, transport: Transport,
        conversation: consuming Conversation
    ) {
        self.key = key
        self.client = client
        self.verdict = verdict
        self.transport = transport
        self.conversation = conversation
    }

    /// Notes what became possible; ``turn(_:_:)`` follows.
    func take(_ event: Poller.Event) {
        if event.isReadable { mayRead = true }
        if event.isWritable { mayWrite = true }
        // Under TLS, a step to either side may wait for the other.
        if case .secured = transport { (mayRead, mayWrite) = (true, true) }
        if event.peerHasEnded {
            peerHasEnded = true
            conversation.clientMayHaveLeft()
        }
        if event.isBroken { conversation.failed() }
    }

    /// The time has come, or an answer, or the end of the server; ``turn(_:_:)`` follows.
    func change(_ change: (inout Conversation) -> Void) { change(&conversation) }

    /// Does all that can be done now.
    func turn(_ service: Service, _ desk: inout Desk) -> Turn {
        var bytesLeft = service.limits.turnBytesMax
        while true {
            // Anew each time: the client may have read an answer, and asked again, during this turn.
            let now = Instant.now
            while let action = conversation.next(at: now) {
                guard perform(action, service, &desk, at: now) else { return .closed }
            }
            if flush(at: now) {
                // A client that pipelines is answered a few at a time.
                bytesLeft -= Limits.answerBytes
                guard bytesLeft > 0 else { return .unfinished }
                continue
            }
            guard !conversation.hasUndecodedBytes else { return .unfinished }
            guard mayRead, conversation.wantsBytes || conversation.isSecuring else {
                return .waiting
            }
            guard bytesLeft > 0 else { return .unfinished }
            // Small pieces cost more than their bytes.
            bytesLeft -= max(1024, conversation.isSecuring ? secure(at: now) : read(&desk, at: now))
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
        case .endSending: isEnding = true
        case .close:
            abandon()
            // RFC 8446 §6.1: the client is told, if that goes without waiting.
            if case .secured(let stream) = transport { _ = stream.endSending() }
            return false
        }
        return true
    }

    /// Sends what waits; true when that changed what comes next.
    private func flush(at now: Instant) -> Bool {
        while !outbox.isEmpty, mayWrite {
            switch outbox.send(over: transport) {
            case .bytes: continue
            case .notNow: mayWrite = false
            case .failure:
                conversation.failed()
                return true
            }
        }
        guard outbox.isEmpty else { return false }
        if isEnding, mayWrite {
            if transport.endSending() == .notNow { mayWrite = false } else { isEnding = false }
        }
        guard conversation.isSending else { return false }
        conversation.sent(at: now)
        return true
    }

    /// Goes on with the handshake; nothing of it counts as read.
    private func secure(at now: Instant) -> Int {
        guard case .secured(let stream) = transport else { return 0 }
        switch stream.shakeHands() {
        case .done: conversation.secured(at: now)
        case .waits: mayRead = false
        case .goesOn: break
        case .failed:
            transport = .plain(stream.socket)
            conversation.handshakeFailed()
        case .isPlainHTTP:
            transport = .plain(stream.socket)
            conversation.spokePlainly()
        }
        return 0
    }

    /// Reads once; the bytes read.
    private func read(_ desk: inout Desk, at now: Instant) -> Int {
        var received = Socket.Received.failure
        var room = Limits.readBytes
        if conversation.bytesToDiscard > 0, case .plain(let socket) = transport {
            room = min(conversation.bytesToDiscard, Limits.discardedBytes)
            received = socket.discard(room)
            if case .bytes(let count) = received { conversation.discarded(count, at: now) }
        } else if conversation.takesBodyDirectly {
            conversation.fillBody {
                room = $0.freeCapacity
                received = transport.receive(into: &$0)
            }
        } else {
            room = conversation.readBytesMax
            received = desk.read(room, from: transport) { conversation.received($0, at: now) }
        }
        switch received {
        case .bytes(let count):
            // epoll(7): who fills less than the room has emptied the socket. Behind the peer's end,
            // of which no more is told, that end is still to be read.
            if count < room, !peerHasEnded, case .plain = transport { mayRead = false }
            return count
        case .end: conversation.receivedEnd()
        case .nothingYet: mayRead = false
        case .failure: conversation.failed()
        }
        return 0
    }
}
