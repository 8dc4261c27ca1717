import Glibc
import Testing

/// Nobody listens there.
struct NotConnected: Error {}

/// A plain blocking client.
///
/// Each wait ends after five seconds, so that a test fails and does not hang.
final class TestClient {
    private let socket: CInt
    private var unread: [UInt8] = []
    private(set) var tls: TestTLS?

    /// Connects; `receiveBytes` is the size of the receive buffer, to play a slow reader.
    init(port: UInt16, receiveBytes: CInt? = nil, tls rules: TLSRules? = nil) throws {
        socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        try #require(socket >= 0)
        var time = timeval(tv_sec: 5, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        // Plain values, lent for the call.
        unsafe _ = setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, size)
        unsafe _ = setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, size)
        if var bytes = receiveBytes {
            unsafe _ = setsockopt(
                socket, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<CInt>.size))
        }
        var on: CInt = 1
        unsafe _ = setsockopt(
            socket, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        // An IPv4 address is a socket address of the size given.
        let isConnected = unsafe withUnsafeBytes(of: &address) { bytes in
            guard let base = bytes.baseAddress else { return false }
            return unsafe connect(
                socket, base.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count)) == 0
        }
        guard isConnected else { throw NotConnected() }
        if let rules { tls = try TestTLS(socket, rules) }
    }

    /// After an initializer that throws, too: all is set by then.
    deinit { close(socket) }

    /// False when the server no longer takes bytes.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        if let tls { return tls.send(bytes) }
        var sent = 0
        while sent < bytes.count {
            // send reads at most the bytes that are left.
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    socket, buffer.baseAddress.map { unsafe $0 + sent }, buffer.count - sent,
                    CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    func endSending() {
        tls?.endSending()
        shutdown(socket, CInt(SHUT_WR))
    }

    /// One answer as text: its head, and as much body as it announces.
    func answer(isToHEAD: Bool = false) -> String {
        while true {
            let text = String(decoding: unread, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let head = String(text[..<end])
                let length = isToHEAD ? 0 : Self.length(head)
                let whole = head.utf8.count + 4 + length
                if unread.count >= whole {
                    defer { unread.removeFirst(whole) }
                    return String(decoding: unread.prefix(whole), as: UTF8.self)
                }
            }
            guard read() else { return String(decoding: unread, as: UTF8.self) + "<end>" }
        }
    }

    /// All bytes up to the end of the connection; nil when that does not come, or comes as a reset.
    func rest() -> String? {
        while read() {}
        return isEnded ? String(decoding: unread, as: UTF8.self) : nil
    }

    /// What comes up to the end, or up to a reset.
    func restBytes() -> [UInt8] {
        while read() {}
        return unread
    }

    private var isEnded = false

    private func read() -> Bool {
        if let tls {
            guard let bytes = tls.read() else { return false }
            isEnded = bytes.isEmpty
            unread += bytes
            return !bytes.isEmpty
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        // recv writes at most as many bytes as the buffer has.
        let count = unsafe recv(socket, &buffer, buffer.count, 0)
        if count == 0 { isEnded = true }
        guard count > 0 else { return false }
        unread += buffer.prefix(count)
        return true
    }

    private static func length(_ head: String) -> Int {
        for line in head.split(separator: "\r\n") where line.hasPrefix("Content-Length: ") {
            return Int(line.dropFirst(16)) ?? 0
        }
        return 0
    }
}

extension String {
    /// The place where `other` begins.
    fileprivate func range(of other: String) -> Index? {
        var index = startIndex
        while index < endIndex {
            if self[index...].unicodeScalars.starts(with: other.unicodeScalars) { return index }
            index = unicodeScalars.index(after: index)
        }
        return nil
    }

    /// The status of an answer.
    var status: Int? { Int(dropFirst(9).prefix(3)) }

    /// What follows the head of an answer.
    var content: String {
        guard let end = range(of: "\r\n\r\n") else { return "" }
        return String(self[end...].unicodeScalars.dropFirst(4))
    }
}

/// Whether this machine has IPv6 at all.
// The path is a literal, and access only reads it.
let hasIPv6 = unsafe access("/proc/net/if_inet6", R_OK) == 0
