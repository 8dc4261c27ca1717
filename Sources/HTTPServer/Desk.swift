internal import Glibc

/// What the connections of one lane share: a buffer to read into, and the date.
struct Desk {
    private var buffer: [UInt8] = []
    private var written = HTTPDate()

    init() { buffer.reserveCapacity(Limits.readBytes) }

    /// Reads what a client sent, so many bytes at most, and lends them.
    mutating func read(
        _ bytesMax: Int, from transport: Transport, _ take: (Span<UInt8>) -> Void
    ) -> Socket.Received {
        buffer.removeAll(keepingCapacity: true)
        var received = Socket.Received.failure
        buffer.append(addingCapacity: min(bytesMax, buffer.capacity)) {
            received = transport.receive(into: &$0)
        }
        if case .bytes = received { take(buffer.span) }
        return received
    }

    /// The value of the `Date` field.
    mutating func date() -> [UInt8] { written.bytes(at: time(nil)) }
}
