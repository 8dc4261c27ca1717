internal import Glibc

/// A connected stream that never blocks.
final class Socket: Sendable {
    /// What came of reading.
    enum Received: Equatable {
        case bytes(Int)
        /// The peer has ended its side.
        case end
        case nothingYet
        case failure
    }

    /// What came of sending.
    enum Sent: Equatable {
        case bytes(Int)
        case notNow
        case failure
    }

    private let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// For the poller.
    var number: CInt { descriptor.number }

    /// Small answers leave at once instead of waiting for the acknowledgement of the last one.
    func sendPromptly() {
        var on: CInt = 1
        // A plain value, lent for the call. Without the option the socket still works.
        unsafe _ = setsockopt(
            number, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
    }

    /// Reads into the free end of `room`, which must not be full.
    func receive(into room: inout OutputSpan<UInt8>) -> Received {
        // recv writes at most the free bytes behind the initialized ones, and says how many.
        unsafe room.withUnsafeMutableBufferPointer { buffer, count in
            guard let base = buffer.baseAddress else { return .failure }
            let received = retrying {
                unsafe recv(number, base + count, buffer.count - count, 0)
            }
            if received > 0 {
                count += received
                return .bytes(received)
            }
            return received == 0 ? .end : wouldBlock ? .nothingYet : .failure
        }
    }

    /// Reads up to so many bytes and throws them away, where they lie in the kernel.
    func discard(_ count: Int) -> Received {
        // tcp(7): with MSG_TRUNC nothing is written, so nowhere is right.
        let received = retrying { recv(number, nil, count, CInt(MSG_TRUNC)) }
        if received > 0 { return .bytes(received) }
        return received == 0 ? .end : wouldBlock ? .nothingYet : .failure
    }

    /// Sends what it can of both, `first` from its `skipped` byte on, in one call.
    func send(_ first: Span<UInt8>, _ second: Span<UInt8>) -> Sent {
        // sendmsg only reads the bytes, and both spans live until it returns.
        let sent = unsafe first.withUnsafeBufferPointer { first in
            unsafe second.withUnsafeBufferPointer { second in
                var pieces = unsafe (Self.piece(first), Self.piece(second))
                return unsafe withUnsafeMutablePointer(to: &pieces) { pieces in
                    var message = unsafe msghdr()
                    // Two of a kind lie one behind the other.
                    unsafe message.msg_iov = UnsafeMutableRawPointer(pieces)
                        .assumingMemoryBound(to: iovec.self)
                    unsafe message.msg_iovlen = 2
                    // A peer that is gone gives EPIPE, not SIGPIPE.
                    return retrying { unsafe sendmsg(number, &message, CInt(MSG_NOSIGNAL)) }
                }
            }
        }
        return sent >= 0 ? .bytes(sent) : wouldBlock ? .notNow : .failure
    }

    private static func piece(_ bytes: UnsafeBufferPointer<UInt8>) -> iovec {
        unsafe iovec(
            iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
    }

    /// Tells the peer that nothing more is sent; never ``Sent/notNow``.
    func endSending() -> Sent { shutdown(number, CInt(SHUT_WR)) == 0 ? .bytes(0) : .failure }

    private var wouldBlock: Bool { errno == EAGAIN || errno == EWOULDBLOCK }

    private func retrying(_ call: () -> Int) -> Int {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }
}
