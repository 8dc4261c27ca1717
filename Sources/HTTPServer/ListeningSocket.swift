internal import CLinux
internal import Glibc

/// A bound socket that clients connect to.
final class ListeningSocket: Sendable {
    /// What came of accepting.
    enum Accepted {
        case socket(Socket, from: ClientAddress)
        case nobody
        /// That client is gone; there may be others.
        case lost
        /// No descriptor or memory is left: try again later.
        case exhausted
    }

    private let descriptor: Descriptor
    let port: UInt16

    /// Binds to the first address of `host` that can be bound, IPv4 or IPv6, and listens.
    init(host: String, port: UInt16, backlogMax: Int) throws(ServerError) {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        // On success `found` is a list that is ours until freeaddrinfo.
        guard unsafe getaddrinfo(host, "\(port)", &hints, &found) == 0, let list = unsafe found
        else { throw .unknownHost(host) }
        defer { unsafe freeaddrinfo(list) }

        var failure = EADDRNOTAVAIL
        var next: UnsafeMutablePointer<addrinfo>? = unsafe list
        while let address = unsafe next {
            if let descriptor = unsafe Self.listening(at: address, backlogMax: backlogMax) {
                guard let port = Self.port(of: descriptor.number) else { break }
                self.descriptor = descriptor
                self.port = port
                return
            }
            failure = errno
            unsafe next = address.pointee.ai_next
        }
        guard failure != EADDRNOTAVAIL else { throw .unknownHost(host) }
        // strerror's text is copied at once.
        throw .cannotListen(
            host: host, port: port, reason: unsafe String(cString: strerror(failure)))
    }

    /// For the poller.
    var number: CInt { descriptor.number }

    /// Takes the next client from the kernel's queue.
    func accept() -> Accepted {
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        // The storage is large enough for any address, and accept4 is told how large.
        let number = unsafe withUnsafeMutablePointer(to: &address) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe accept4(
                    descriptor.number, $0, &size,
                    CInt(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
            }
        }
        if let descriptor = Descriptor(owning: number) {
            let socket = Socket(descriptor)
            socket.sendPromptly()
            return .socket(socket, from: Self.client(address))
        }
        return switch errno {
        case EAGAIN, EWOULDBLOCK: .nobody
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: .exhausted
        // accept(2): errors of the network belong to that one client.
        case EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH,
            ENOPROTOOPT, EOPNOTSUPP, ENONET:
            .lost
        default: .exhausted  // unknown: a pause is safer than a spin
        }
    }

    private static func listening(
        at address: UnsafeMutablePointer<addrinfo>, backlogMax: Int
    ) -> Descriptor? {
        // `address` is an element of getaddrinfo's list, which the caller holds.
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        guard
            let descriptor = Descriptor(
                owning: unsafe socket(address.pointee.ai_family, kind, address.pointee.ai_protocol))
        else { return nil }
        let size = socklen_t(MemoryLayout<CInt>.size)
        // A restarted server may take the port while old connections fade.
        var on: CInt = 1
        unsafe _ = setsockopt(descriptor.number, SOL_SOCKET, SO_REUSEADDR, &on, size)
        if unsafe address.pointee.ai_family == AF_INET6 {
            // `::` means IPv4 too, whatever the system's default.
            var off: CInt = 0
            unsafe _ = setsockopt(
                descriptor.number, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &off, size)
        }
        guard
            unsafe bind(descriptor.number, address.pointee.ai_addr, address.pointee.ai_addrlen)
                == 0,
            listen(descriptor.number, CInt(clamping: backlogMax)) == 0
        else { return nil }
        return descriptor
    }

    private static func client(_ address: sockaddr_storage) -> ClientAddress {
        let isIPv6 = CInt(address.ss_family) == AF_INET6
        // Both lie inside the storage: an IPv6 address at byte 8, an IPv4 address at byte 4.
        return unsafe withUnsafeBytes(of: address) { bytes in
            unsafe ClientAddress(isIPv6 ? bytes[8..<24] : bytes[4..<8])
        }
    }

    private static func port(of number: CInt) -> UInt16? {
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        // The storage is large enough for any address. IPv4 and IPv6 keep the port at the same place.
        return unsafe withUnsafeMutablePointer(to: &address) { storage in
            let isKnown = unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(number, $0, &size) == 0
            }
            guard isKnown else { return nil }
            return unsafe storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                unsafe UInt16(bigEndian: $0.pointee.sin_port)
            }
        }
    }
}
