internal import CLinux
internal import Glibc

/// One question to a server on this machine, as a container's health check asks it.
///
/// It blocks, opens a connection for each question and reads no further than the status: for anything
/// else use a client.
package struct Probe: Sendable {
    private let host: String
    private let port: UInt16
    private let security: Security
    private let timeout: Duration

    /// How the question travels.
    package enum Security: Sendable {
        case none
        /// Under TLS, whatever the server's certificate; with one of its own, where there is one.
        case tls(TLSContext.Identity? = nil)
    }

    /// Asks at `host`.
    ///
    /// An address that stands for all of a machine's (`0.0.0.0`, `::`) is this machine itself.
    /// Connecting, sending and receiving may take `timeout` each.
    package init(host: String, port: UInt16, security: Security = .none, timeout: Duration) {
        self.host = host
        self.port = port
        self.security = security
        self.timeout = timeout
    }

    /// The status that `GET path` is answered with.
    package func status(of path: String) throws(ProbeError) -> Int {
        let socket = try connect()
        var stream: ProbeStream?
        if case .tls(let identity) = security {
            stream = try ProbeStream(socket, showing: identity)
        }
        let request = Array(
            "GET \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n".utf8)
        let nothing: [UInt8] = []
        let sent = stream?.send(request.span) ?? socket.send(request.span, nothing.span)
        guard sent == .bytes(request.count) else { throw .noAnswer }
        return try Self.status { room in
            stream?.receive(into: &room) ?? socket.receive(into: &room)
        }
    }

    /// The number in `HTTP/1.1 200 …`.
    private static func status(
        reading receive: (inout OutputSpan<UInt8>) -> Socket.Received
    ) throws(ProbeError) -> Int {
        let length = 12
        var line: [UInt8] = []
        while line.count < length {
            let free = length - line.count
            var received = Socket.Received.end
            let bytes = [UInt8](capacity: free) { received = receive(&$0) }
            guard case .bytes = received else { throw line.isEmpty ? .noAnswer : .noHTTP }
            line += bytes
        }
        let words = String(decoding: line, as: UTF8.self).split(separator: " ")
        guard words.count == 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]),
            (100...599).contains(status)
        else { throw .noHTTP }
        return status
    }

    /// A connection whose every call ends in time.
    private func connect() throws(ProbeError) -> Socket {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_NUMERICSERV
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        // On success `found` is a list that is ours until freeaddrinfo.
        guard unsafe getaddrinfo(host, "\(port)", &hints, &found) == 0, let list = unsafe found
        else { throw .unknownHost }
        defer { unsafe freeaddrinfo(list) }

        let (seconds, attoseconds) = timeout.components
        var limit = timeval(
            tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        let size = socklen_t(MemoryLayout<timeval>.size)
        var failure = EADDRNOTAVAIL
        var next: UnsafeMutablePointer<addrinfo>? = unsafe list
        while let address = unsafe next {
            // `address` is an element of the list above; options are plain values, lent for the call.
            let number = unsafe socket(
                address.pointee.ai_family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue),
                address.pointee.ai_protocol)
            if let descriptor = Descriptor(owning: number) {
                unsafe _ = setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
                unsafe _ = setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
                if unsafe Glibc.connect(
                    number, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0
                {
                    return Socket(descriptor)
                }
            }
            failure = errno
            unsafe next = address.pointee.ai_next
        }
        // strerror's text is copied at once.
        throw .noConnection(reason: unsafe String(cString: strerror(failure)))
    }
}

/// Why a ``Probe`` got no status.
package enum ProbeError: Error, Equatable {
    /// The host is neither an address nor a name that is known here.
    case unknownHost
    /// Nobody listens there, or not in time.
    case noConnection(reason: String)
    /// The connection was taken, and no handshake of TLS came to its end: it is not spoken there, or
    /// another certificate is asked for.
    case noTLS
    /// The certificate to show, or its key, cannot be used.
    case badIdentity(TLSError)
    /// The connection was taken, and nothing came back in time.
    case noAnswer
    /// What came back is not HTTP.
    case noHTTP
}
