/// How bytes travel to one client: as they are, or under TLS.
enum Transport {
    case plain(Socket)
    case secured(TLSStream)

    /// A connection that begins; nil when memory is out.
    init?(_ socket: Socket, under tls: TLSContext?) {
        guard let tls else {
            self = .plain(socket)
            return
        }
        guard let stream = TLSStream(socket, tls) else { return nil }
        self = .secured(stream)
    }

    /// Without what protects the bytes.
    var socket: Socket {
        switch self {
        case .plain(let socket): socket
        case .secured(let stream): stream.socket
        }
    }

    /// Reads into the free end of `room`, which must not be full.
    func receive(into room: inout OutputSpan<UInt8>) -> Socket.Received {
        switch self {
        case .plain(let socket): socket.receive(into: &room)
        case .secured(let stream): stream.receive(into: &room)
        }
    }

    /// Sends what it can of both, if possible in one call.
    func send(_ first: Span<UInt8>, _ second: Span<UInt8>) -> Socket.Sent {
        switch self {
        case .plain(let socket): socket.send(first, second)
        case .secured(let stream): stream.send(first, second)
        }
    }

    /// Tells the peer that nothing more is sent; again, when that was ``Socket/Sent/notNow``.
    func endSending() -> Socket.Sent {
        switch self {
        case .plain(let socket): socket.endSending()
        case .secured(let stream): stream.endSending()
        }
    }
}
