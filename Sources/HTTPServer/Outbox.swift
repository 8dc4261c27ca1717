/// Bytes on their way to a client, in order.
struct Outbox {
    private var pieces: [[UInt8]] = []
    private var sent = 0  // of the first piece

    var isEmpty: Bool { pieces.isEmpty }

    /// Adds bytes behind the others.
    mutating func add(_ bytes: [UInt8]) { if !bytes.isEmpty { pieces.append(bytes) } }

    /// Sends what is taken of the first two pieces: a head and its body leave in one call.
    mutating func send(over transport: Transport) -> Socket.Sent {
        guard let first = pieces.first else { return .bytes(0) }
        let second = pieces.count > 1 ? pieces[1] : []
        let result = transport.send(first.span.extracting(sent..<first.count), second.span)
        if case .bytes(let count) = result { advance(by: count) }
        return result
    }

    mutating func advance(by count: Int) {
        sent += count
        while let first = pieces.first, sent >= first.count {
            sent -= first.count
            pieces.removeFirst()
        }
    }
}
