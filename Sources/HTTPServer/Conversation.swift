/// What one connection does next: every rule about requests and answers, time and ends, and no I/O.
///
/// DESIGN. Events go in (bytes, an answer, the time), each with its moment. Then ``next(at:)``
/// is asked for actions until there is none. One request is served at a time: while it is answered, nothing
/// is read, so a client that pipelines is held back by its own socket and the answers keep their order.
///
/// A connection ends in three steps: the last answer, the end of our sending, then reading until the client
/// has ended too. Closing at once would send a reset when bytes are still on their way, and a reset can
/// destroy the answer before the client reads it (RFC 9112 §9.6).
struct Conversation: ~Copyable {
    typealias Instant = ContinuousClock.Instant

    enum State: Equatable {
        case securing(thenRefused: Refusal?)
        case waiting
        case deciding(BodyFraming)
        case reading(asksToGoOn: Bool)
        case answering
        case refused(Refusal, RequestHead?)
        case refusing
        case ready(Reply)
        case sending(closes: Bool)
        case parting
        case lingering
        case closing
        case closed
    }

    let limits: Limits
    var state = State.waiting
    var reader: RequestReader
    var head: RequestHead?
    private(set) var begunAt: Instant?
    private var bodyPace: BodyPace?
    private var requests = 0
    var bytesDiscarded = 0
    private var hasEnded = false
    private var mayHaveLeft = false
    private var hasProbed = false
    private var isDraining = false

    /// When ``elapsed(at:)`` is to be called.
    var deadline: Instant?

    /// A new connection; `refusal` is what to answer at once, for a client that cannot be served.
    ///
    /// One that `isSecured` begins with the handshake of TLS.
    init(
        limits: Limits, bodyShare: BodyShare? = nil, isSecured: Bool = false,
        refusal: Refusal? = nil, at now: Instant
    ) {
        self.limits = limits
        reader = RequestReader(limits: limits, bodyShare: bodyShare)
        if isSecured {
            state = .securing(thenRefused: refusal)
            deadline = now + limits.handshakeTime
        } else {
            begin(refusal, at: now)
        }
    }

    mutating func begin(_ refusal: Refusal?, at now: Instant) {
        state = refusal.map { .refused($0, nil) } ?? .waiting
        deadline = now + idleTime
    }

    /// Whether bytes are to be read now.
    var wantsBytes: Bool {
        switch state {
        case .waiting, .reading, .lingering: !hasEnded
        default: false
        }
    }

    /// Whether an answer was given away by ``Action/send(_:)`` and is not ``sent(at:)`` yet.
    var isSending: Bool {
        if case .sending = state { true } else { false }
    }

    /// Whether a request has begun and is not answered to its end.
    var isServing: Bool {
        switch state {
        case .waiting: begunAt != nil
        case .securing, .parting, .lingering, .closing, .closed: false
        default: true
        }
    }

    // MARK: Events

    /// Bytes came.
    mutating func received(_ bytes: Span<UInt8>, at now: Instant) {
        switch state {
        case .waiting, .reading:
            let isSkipping = reader.isSkipping
            reader.receive(bytes)
            if isSkipping { skipped(at: now) }
        case .lingering: lingered(bytes.count)
        default: break  // nothing was asked for
        }
    }

    /// Whether the next bytes can go straight into the body, by ``fillBody(_:)``.
    var takesBodyDirectly: Bool {
        if case .reading = state { reader.takesBodyDirectly } else { false }
    }

    /// Whether there is work on bytes that have come, without another event: ``next(at:)`` does it
    /// a part at a time, so that others get their turn.
    var hasUndecodedBytes: Bool {
        if case .reading = state { reader.hasUndecodedBytes } else { false }
    }

    /// Lends room for bytes of the body; they count as received.
    mutating func fillBody(_ read: (inout OutputSpan<UInt8>) -> Void) { reader.fillBody(read) }

    /// The client has ended its side, and all its bytes were read.
    ///
    /// It may still wait for an answer.
    mutating func receivedEnd() { hasEnded = true }

    /// The client has ended its side, while bytes of it may be unread.
    mutating func clientMayHaveLeft() { mayHaveLeft = true }

    /// The connection is broken: nothing more can be sent.
    mutating func failed() { if state != .closed { state = .closing } }

    /// The handler's verdict on a head.
    mutating func admitted(_ admission: Admission, at now: Instant) {
        guard case .deciding(let framing) = state else { return }
        switch admission {
        case .answer(let response):
            // RFC 9112 §9.3: a body that is not read leaves no place for another request.
            ready(response, closes: !skips(framing))
        case .accept(let bodyBytesMax):
            do throws(Refusal) {
                let coding = framing == .none ? nil : try head.flatMap(ContentCoding.ofBody)
                try reader.beginBody(framing, coding, bytesMax: bodyBytesMax)
                // RFC 9110 §10.1.1: needless without a body, or once it has begun to come.
                let waits = try head?.expectsContinue() ?? false
                let isDue = framing != .none && !reader.hasUnusedBytes
                state = .reading(asksToGoOn: waits && isDue)
                let pace = BodyPace(limits: limits, at: now)
                bodyPace = pace
                deadline = pace.deadline(bytesReceived: 0)
            } catch {
                refuse(error)
            }
        }
    }

    /// The answer to what ``Action/handle(_:)`` or ``Action/refuse(_:_:)`` gave away.
    ///
    /// Late ones are dropped.
    mutating func answer(_ response: Response) {
        switch state {
        case .answering: ready(response, closes: false)
        case .refusing: ready(response, closes: true)
        default: break
        }
    }

    /// The answer is sent to its last byte.
    mutating func sent(at now: Instant) {
        guard case .sending(let closes) = state else { return }
        head = nil
        hasProbed = false
        if closes {
            state = hasEnded ? .closing : .parting
        } else {
            state = .waiting
            begunAt = nil
            deadline = now + idleTime
        }
    }

    /// The ``deadline`` has passed.
    mutating func elapsed(at now: Instant) {
        guard let deadline, deadline <= now else { return }
        self.deadline = nil
        switch state {
        case .waiting where begunAt != nil:
            // RFC 9110 §15.5.9
            refuse(.timeout("The head did not come within \(limits.headerTime)."))
        case .reading:
            guard let bodyPace else { return }
            let bytes = reader.bodyBytesReceived
            let due = bodyPace.deadline(bytesReceived: bytes)
            if due > now {
                self.deadline = due  // bytes came meanwhile
            } else {
                refuse(bodyPace.refusal(bytesReceived: bytes))
            }
        // What is on its way is not answered with a reset.
        case .waiting where reader.isSkipping: state = .parting
        case .securing, .waiting, .sending, .lingering: state = .closing
        default: break
        }
    }

    /// The server takes no new clients: what has begun is answered, then the connection closes.
    mutating func drain(at now: Instant) {
        isDraining = true
        guard isSecuring || state == .waiting, begunAt == nil else { return }
        deadline = min(deadline ?? now + idleTime, now + idleTime)
    }

    // MARK: Actions

    /// The next thing to do; nil when there is nothing before the next event.
    mutating func next(at now: Instant) -> Action? {
        switch state {
        case .waiting: return readHead(at: now)
        case .reading(let asksToGoOn): return readBody(asksToGoOn: asksToGoOn, at: now)
        case .refused(let refusal, let head):
            state = .refusing
            deadline = nil
            return .refuse(refusal, head)
        case .answering:
            // A client that has ended its side either waits for the answer or is gone; only sending
            // tells. Every answer begins alike, so its beginning can go ahead: a client that is gone
            // resets the connection.
            guard hasEnded || mayHaveLeft, !hasProbed else { return nil }
            hasProbed = true
            return .probe
        case .ready(let reply):
            state = .sending(closes: reply.closes)
            deadline = now + limits.writeTime
            return .send(reply)
        case .parting:
            state = .lingering
            deadline = now + limits.lingerTime
            return .endSending
        case .lingering where hasEnded, .closing:
            state = .closed
            deadline = nil
            return .close
        case .securing, .deciding, .refusing, .sending, .lingering, .closed: return nil
        }
    }

    private mutating func readHead(at now: Instant) -> Action? {
        do throws(Refusal) {
            if let (head, framing) = try reader.head() {
                begun(at: now)
                self.head = head
                requests += 1
                state = .deciding(framing)
                deadline = nil
                _ = try head.expectsContinue()
                return .admit(head)
            }
        } catch {
            begun(at: now)
            refuse(error)
            return next(at: now)
        }
        if reader.isHeadBegun {
            begun(at: now)
            guard hasEnded else { return nil }
            // RFC 9112 §8: an incomplete message.
            refuse(.incomplete("The connection ended in the middle of a head."))
            return next(at: now)
        }
        guard hasEnded else { return nil }
        state = .closing
        return next(at: now)
    }

    private mutating func begun(at now: Instant) {
        guard begunAt == nil else { return }
        begunAt = now
        deadline = now + limits.headerTime
    }

    private mutating func readBody(asksToGoOn: Bool, at now: Instant) -> Action? {
        do throws(Refusal) {
            if let body = try reader.finishBody(), let head, let begunAt {
                state = .answering
                deadline = nil
                return .handle(Request(head: head, body: body, receivedAt: begunAt))
            }
        } catch {
            refuse(error)
            return next(at: now)
        }
        if hasEnded {
            // RFC 9112 §8: an incomplete message.
            refuse(.incomplete("The connection ended in the middle of a body."))
            return next(at: now)
        }
        guard asksToGoOn else { return nil }
        state = .reading(asksToGoOn: false)
        return .goOn
    }

    mutating func refuse(_ refusal: Refusal) {
        reader.dropBody()
        state = .refused(refusal, head)
    }

    private mutating func ready(_ response: Response, closes: Bool) {
        let isLast =
            closes || !(head?.keepsAlive ?? false) || requests >= limits.requestsPerConnectionMax
            || ((isDraining || hasEnded) && !reader.hasUnusedBytes)
        deadline = nil
        state = .ready(
            Reply(
                response: response, closes: isLast,
                statesKeepAlive: !isLast && head?.minorVersion == 0,
                omitsBody: head?.method == "HEAD", isBegun: hasProbed))
    }

    var idleTime: Duration {
        isDraining ? min(limits.drainIdleTime, limits.idleTime) : limits.idleTime
    }
}
