import COpenSSL
import Glibc
import Testing

@testable import HTTPServer

/// How a test's client speaks TLS.
struct TLSRules {
    var versions = TLS1_2_VERSION...TLS1_3_VERSION
    var suites = "DEFAULT"
    var hostName: String?
    var protocols: [String] = []
    var identity: TLSContext.Identity?
    var resumes: TestTLS.Session?

    static func make(_ change: (inout TLSRules) -> Void = { _ in }) -> TLSRules {
        var rules = TLSRules()
        change(&rules)
        return rules
    }
}

/// The handshake did not come to its end.
struct HandshakeFailed: Error, Equatable {
    let reason: String
}

/// A client's TLS over a blocking socket.
@safe
final class TestTLS {
    /// What a client keeps to come back sooner.
    @safe
    final class Session {
        fileprivate let pointer: OpaquePointer
        fileprivate init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }
        deinit { unsafe SSL_SESSION_free(pointer) }
    }

    private let session: OpaquePointer

    init(_ socket: CInt, _ rules: TLSRules) throws {
        signal(SIGPIPE, SIG_IGN)  // OpenSSL writes to a socket that may be closed
        ERR_clear_error()
        let context = unsafe try #require(unsafe SSL_CTX_new(TLS_client_method()))
        defer { unsafe SSL_CTX_free(context) }
        unsafe SSL_CTX_set_security_level(context, 0)  // the server is to refuse, not we
        unsafe SSL_CTX_set_versions(
            context, rules.versions.lowerBound, rules.versions.upperBound)
        try #require(unsafe SSL_CTX_set_cipher_list(context, rules.suites + ":@SECLEVEL=0") == 1)
        if let identity = rules.identity {
            unsafe SSL_CTX_use_certificate_chain_file(context, identity.certificate)
            unsafe SSL_CTX_use_PrivateKey_file(context, identity.key, SSL_FILETYPE_PEM)
        }
        let session = unsafe try #require(unsafe SSL_new(context))
        unsafe self.session = session
        if let hostName = rules.hostName { unsafe SSL_set_host_name(session, hostName) }
        if !rules.protocols.isEmpty {
            let list = rules.protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
            unsafe SSL_set_alpn_protos(session, list, UInt32(list.count))
        }
        if let resumed = rules.resumes { unsafe SSL_set_session(session, resumed.pointer) }
        unsafe SSL_set_fd(session, socket)
        guard unsafe SSL_connect(session) == 1 else {
            throw HandshakeFailed(reason: Self.reason)
        }
    }

    deinit { unsafe SSL_free(session) }

    var isResumed: Bool { unsafe SSL_session_reused(session) == 1 }
    var version: String { unsafe String(cString: SSL_get_version(session)) }
    var suite: String {
        unsafe String(cString: SSL_CIPHER_get_name(SSL_get_current_cipher(session)))
    }

    /// The common name of the server's certificate.
    var serverName: String {
        var name = [CChar](repeating: 0, count: 64)
        let certificate = unsafe SSL_get0_peer_certificate(session)
        // Writes at most as many bytes as the buffer has, with a zero behind them.
        let count = unsafe X509_NAME_get_text_by_NID(
            X509_get_subject_name(certificate), NID_commonName, &name, CInt(name.count))
        return String(decoding: name.prefix(Int(max(0, count))).map(UInt8.init), as: UTF8.self)
    }

    /// What ALPN agreed on.
    var chosenProtocol: String? {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(session, &name, &count)
        let bytes = unsafe UnsafeBufferPointer(start: name, count: Int(count))
        return unsafe bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// To come back with; there is one when the first answer was read.
    func ticket() throws -> Session {
        unsafe Session(try #require(unsafe SSL_get1_session(session)))
    }

    /// False when the server does not take bytes.
    func send(_ bytes: [UInt8]) -> Bool {
        unsafe bytes.isEmpty || SSL_write(session, bytes, CInt(bytes.count)) == CInt(bytes.count)
    }

    /// Up to 64 KiB; nil at a failure, empty at the end that TLS itself tells.
    func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        ERR_clear_error()
        // Writes at most as many bytes as the buffer has.
        let count = unsafe SSL_read(session, &buffer, CInt(buffer.count))
        if count > 0 { return Array(buffer.prefix(Int(count))) }
        failure = Self.reason
        return unsafe SSL_get_error(session, count) == SSL_ERROR_ZERO_RETURN ? [] : nil
    }

    /// Why the last read gave nothing.
    private(set) var failure = ""

    /// close_notify.
    func endSending() { unsafe SSL_shutdown(session) }

    func askForNewKeys() { unsafe SSL_key_update(session, SSL_KEY_UPDATE_REQUESTED) }

    /// Asks for another handshake; false when that was refused.
    func renegotiate() -> Bool {
        unsafe SSL_renegotiate(session) == 1 && SSL_do_handshake(session) == 1
    }

    private static var reason: String {
        // A constant of the library, or nothing.
        unsafe ERR_reason_error_string(ERR_peek_error()).map { unsafe String(cString: $0) }
            ?? "the connection ended"
    }
}
