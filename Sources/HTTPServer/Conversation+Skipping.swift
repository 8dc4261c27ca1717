extension Conversation {
    /// Whether the connection can go on behind a body that nobody wants: reading a small one costs less
    /// than the client's next connection would.
    ///
    /// RFC 9110 §10.1.1: who waits for `100 Continue` may send the body or leave it out, so that nobody
    /// knows where the next request begins.
    mutating func skips(_ framing: BodyFraming) -> Bool {
        switch framing {
        case .none: return true
        case .chunked: return false
        case .length(let length):
            let isWaiting = (try? head?.expectsContinue()) ?? true
            guard length <= limits.skippedBytesMax, !isWaiting else { return false }
            reader.skip(length)
            return true
        }
    }

    /// How much to read at once, in bytes: while a head is awaited little, for what comes behind it
    /// would have to be copied to where the body will be.
    var readBytesMax: Int {
        state == .waiting && !reader.isSkipping ? Limits.headReadBytes : Limits.readBytes
    }

    /// How many bytes of those that come next are thrown away, so that they need not be looked at.
    var bytesToDiscard: Int {
        switch state {
        case .waiting: reader.bytesToSkip
        case .lingering: limits.lingerBytesMax - bytesDiscarded + 1
        default: 0
        }
    }

    /// So many of ``bytesToDiscard`` came, and are gone.
    mutating func discarded(_ count: Int, at now: Instant) {
        switch state {
        case .waiting:
            reader.skipped(count)
            skipped(at: now)
        case .lingering: lingered(count)
        default: break
        }
    }

    /// More of a body that nobody wants has gone by; behind its end the connection is idle.
    mutating func skipped(at now: Instant) {
        if !reader.isSkipping { deadline = now + idleTime }
    }

    /// More came behind the last answer.
    mutating func lingered(_ count: Int) {
        bytesDiscarded += count
        if bytesDiscarded > limits.lingerBytesMax { state = .closing }
    }
}
