internal import COpenSSL

/// A probe's side of TLS, over a socket whose every call ends in time.
///
/// It believes whatever certificate it is shown: it asks its own machine whether the server answers,
/// not who that is.
@safe
final class ProbeStream {
    private let socket: Socket
    /// Ours, until we go.
    private let session: OpaquePointer

    /// Shakes hands, and shows who it is where it is asked.
    init(_ socket: Socket, showing identity: TLSContext.Identity?) throws(ProbeError) {
        self.socket = socket
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else { throw .noTLS }
        // A session keeps its context alive.
        defer { unsafe SSL_CTX_free(context) }
        if let identity {
            do throws(TLSError) { unsafe try use(identity, in: context) } catch {
                throw .badIdentity(error)
            }
        }
        guard let session = unsafe SSL_new(context) else { throw .noTLS }
        unsafe self.session = session
        // The socket is kept open as long as the session is.
        guard unsafe SSL_set_fd(session, socket.number) == 1 else { throw .noTLS }
        // By TLS 1.3 a server looks at a client's certificate when that believes to be through: the
        // answer shows whether it was taken.
        guard unsafe SSL_connect(session) == 1 else { throw .noTLS }
    }

    deinit { unsafe SSL_free(session) }

    /// Sends all of it.
    func send(_ bytes: Span<UInt8>) -> Socket.Sent {
        // SSL_write only reads the bytes, and they live until it returns.
        let sent = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe SSL_write(session, buffer.baseAddress, CInt(clamping: buffer.count))
        }
        return sent > 0 ? .bytes(Int(sent)) : .failure
    }

    /// Reads into the free end of `room`, which must not be full.
    func receive(into room: inout OutputSpan<UInt8>) -> Socket.Received {
        // SSL_read writes at most the free bytes behind the initialized ones, and says how many.
        unsafe room.withUnsafeMutableBufferPointer { buffer, count in
            guard let base = buffer.baseAddress else { return .failure }
            let received = unsafe SSL_read(
                session, base + count, CInt(clamping: buffer.count - count))
            guard received > 0 else { return .failure }
            count += Int(received)
            return .bytes(Int(received))
        }
    }
}
