internal import COpenSSL

/// One connection's TLS: plain bytes on this side, records on the socket's.
///
/// Used by its connection only.
///
/// DESIGN. OpenSSL does not see the socket: it reads and writes through the two functions below, so a
/// peer that is gone raises no signal, and it is known whether a read ended because the socket has
/// nothing more (the poller will tell) or because a record was no data (the next read may have some).
@safe
final class TLSStream {
    /// How far the handshake is.
    enum Handshake: Equatable {
        case done
        /// It goes on when the socket is ready.
        case waits
        /// It can go on now.
        case goesOn
        /// The client was told, as far as it could be.
        case failed
        /// The client speaks HTTP without TLS.
        case isPlainHTTP
    }

    let socket: Socket
    private let context: TLSContext
    /// Ours, until we go.
    private let session: OpaquePointer
    private var socketIsEmpty = false
    private var socketHasEnded = false
    /// After an error of TLS, OpenSSL must not be asked for anything.
    private var isBroken = false

    /// The server's side of a connection that begins; nil when memory is out.
    init?(_ socket: Socket, _ context: TLSContext) {
        guard let session = unsafe context.newSession() else { return nil }
        self.socket = socket
        self.context = context
        unsafe self.session = session
        guard let method = unsafe Records.method, let records = unsafe BIO_new(method) else {
            return nil
        }
        // The session owns the BIO, and we own the session: neither calls back behind our end.
        unsafe BIO_set_data(records, Unmanaged.passUnretained(self).toOpaque())
        unsafe BIO_set_init(records, 1)
        unsafe SSL_set_bio(session, records, records)
        unsafe SSL_set_accept_state(session)
    }

    deinit { unsafe SSL_free(session) }

    /// Goes on with the handshake.
    func shakeHands() -> Handshake {
        let result = attempt { unsafe SSL_do_handshake(session) }
        if result == 1 { return .done }
        switch unsafe SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ where !socketIsEmpty: return .goesOn
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .waits
        default:
            isBroken = true
            let code = ERR_peek_error()
            let isPlain =
                ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST
            return isPlain ? .isPlainHTTP : .failed
        }
    }

    /// Reads into the free end of `room`, which must not be full.
    ///
    /// No bytes are no end: what came was a part of TLS itself.
    func receive(into room: inout OutputSpan<UInt8>) -> Socket.Received {
        guard !isBroken else { return .failure }
        // SSL_read writes at most the free bytes behind the initialized ones, and says how many.
        return unsafe room.withUnsafeMutableBufferPointer { buffer, count in
            guard let base = buffer.baseAddress else { return .failure }
            let free = buffer.count - count
            let result = attempt {
                unsafe SSL_read(session, base + count, CInt(clamping: free))
            }
            if result > 0 {
                count += Int(result)
                return .bytes(Int(result))
            }
            switch unsafe SSL_get_error(session, result) {
            case SSL_ERROR_WANT_READ: return socketIsEmpty ? .nothingYet : .bytes(0)
            case SSL_ERROR_WANT_WRITE: return .nothingYet
            case SSL_ERROR_ZERO_RETURN: return .end
            default:
                isBroken = true
                return .failure
            }
        }
    }

    /// Sends what it can of both: small answers as one record.
    func send(_ first: Span<UInt8>, _ second: Span<UInt8>) -> Socket.Sent {
        guard !isBroken else { return .failure }
        guard first.count < Self.recordBytes, second.count > 0 else { return send(first) }
        // After `notNow`, OpenSSL wants the same bytes again, or more behind them: so it is.
        var record: [UInt8] = []
        record.reserveCapacity(min(first.count + second.count, Self.recordBytes))
        record.append(copying: first)
        record.append(
            copying: second.extracting(0..<min(second.count, Self.recordBytes - first.count)))
        return send(record.span)
    }

    /// Tells the peer that nothing more is sent; again, when that was ``Socket/Sent/notNow``.
    func endSending() -> Socket.Sent {
        if !isBroken, unsafe SSL_is_init_finished(session) == 1 {
            let result = attempt { unsafe SSL_shutdown(session) }
            if result < 0, unsafe SSL_get_error(session, result) == SSL_ERROR_WANT_WRITE {
                return .notNow
            }
        }
        return socket.endSending()
    }

    /// RFC 8446 §5.1: the most that one record holds.
    private static let recordBytes = 16 * 1024

    private func send(_ bytes: Span<UInt8>) -> Socket.Sent {
        // SSL_write only reads the bytes, and they live until it returns.
        unsafe bytes.withUnsafeBufferPointer { buffer in
            let result = attempt {
                unsafe SSL_write(session, buffer.baseAddress, CInt(clamping: buffer.count))
            }
            if result > 0 { return .bytes(Int(result)) }
            switch unsafe SSL_get_error(session, result) {
            case SSL_ERROR_WANT_WRITE, SSL_ERROR_WANT_READ: return .notNow
            default:
                isBroken = true
                return .failure
            }
        }
    }

    /// One call of OpenSSL, which leaves its errors in a list of the thread's.
    private func attempt(_ call: () -> CInt) -> CInt {
        ERR_clear_error()
        socketIsEmpty = false
        return call()
    }

    // MARK: What OpenSSL calls

    fileprivate func read(
        _ bytes: UnsafeMutablePointer<CChar>, count: Int, _ records: OpaquePointer
    )
        -> CInt
    {
        unsafe BIO_clear_flags(records, Records.retryFlags)
        let raw = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: count)
        // OpenSSL lends `count` bytes for the length of the call.
        let buffer = unsafe raw.bindMemory(to: UInt8.self)
        var room = unsafe OutputSpan(buffer: buffer, initializedCount: 0)
        let received = socket.receive(into: &room)
        _ = unsafe room.finalize(for: buffer)
        switch received {
        case .bytes(let count): return CInt(count)
        case .nothingYet:
            socketIsEmpty = true
            unsafe BIO_set_flags(records, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
            return -1
        case .end:
            socketHasEnded = true
            return 0
        case .failure: return -1
        }
    }

    fileprivate func write(_ bytes: UnsafePointer<CChar>, count: Int, _ records: OpaquePointer)
        -> CInt
    {
        unsafe BIO_clear_flags(records, Records.retryFlags)
        // OpenSSL lends `count` bytes for the length of the call.
        let raw = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
        let sent = unsafe socket.send(
            Span(_unsafeElements: raw.bindMemory(to: UInt8.self)), Span())
        switch sent {
        case .bytes(let count): return CInt(count)
        case .notNow:
            unsafe BIO_set_flags(records, BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
            return -1
        case .failure: return -1
        }
    }

    fileprivate var hasEnded: Bool { socketHasEnded }
}

/// The way from OpenSSL to a stream's socket.
private enum Records {
    static let retryFlags = BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY

    /// Made once, and never freed or changed, so all threads may use it; nil when memory is out.
    nonisolated(unsafe) static let method: OpaquePointer? = {
        let method = unsafe BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket")
        unsafe BIO_meth_set_read(method) { records, bytes, count in
            guard let records = unsafe records, let bytes = unsafe bytes else { return -1 }
            return unsafe stream(of: records)?.read(bytes, count: Int(count), records) ?? -1
        }
        unsafe BIO_meth_set_write(method) { records, bytes, count in
            guard let records = unsafe records, let bytes = unsafe bytes else { return -1 }
            return unsafe stream(of: records)?.write(bytes, count: Int(count), records) ?? -1
        }
        unsafe BIO_meth_set_ctrl(method) { records, command, _, _ in
            switch command {
            case BIO_CTRL_FLUSH: return 1  // nothing is held back
            case BIO_CTRL_EOF:
                guard let records = unsafe records else { return 1 }
                return unsafe stream(of: records)?.hasEnded == false ? 0 : 1
            default: return 0
            }
        }
        return unsafe method
    }()

    /// The stream that owns the session that owns the BIO.
    private static func stream(of records: OpaquePointer) -> TLSStream? {
        unsafe BIO_get_data(records).map { data in
            unsafe Unmanaged<TLSStream>.fromOpaque(data).takeUnretainedValue()
        }
    }
}
