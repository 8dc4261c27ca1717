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
}
