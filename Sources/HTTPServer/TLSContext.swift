internal import COpenSSL
internal import Glibc

/// What a server proves itself with, and whom it believes: certificates, keys and rules for TLS.
///
/// TLS 1.2 and 1.3 with suites that are authenticated and keep past traffic secret when a key is
/// stolen; resumption by tickets whose keys live as long as this; no early data, no renegotiation.
/// It never changes: to reload certificates, make another and give it to ``Server/use(_:)``, which
/// replaces it by one with ``withFreshTicketKeys()`` as often as ``Limits/ticketKeyTime`` says.
package final class TLSContext: Sendable {
    /// A certificate chain and its private key: two PEM files, or twice the same.
    package struct Identity: Sendable, Equatable {
        /// The file of the certificate and those between it and its root.
        package var certificate: String
        /// The file of the private key, which asks for no password.
        package var key: String

        /// The files at these paths.
        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// One for each identity.
    private let handles: [Handle]

    /// Reads the files.
    ///
    /// - Parameters:
    ///   - identities: at least one. A client gets the one whose certificate has the name it asks for;
    ///     the first, where none has it or the client names no host.
    ///   - clientAuthorities: a file of those who may vouch for clients; without it, none is asked who it is.
    /// - Throws: the first file that cannot be used.
    package init(
        identities: [Identity], clientAuthorities: String? = nil
    ) throws(TLSError) {
        precondition(!identities.isEmpty, "a server proves itself with a certificate")
        var handles: [Handle] = []
        for identity in identities {
            let handle = try Handle()
            try handle.use(identity)
            if let clientAuthorities { try handle.askClients(vouchedForBy: clientAuthorities) }
            handles.append(handle)
        }
        self.handles = handles
        answerHostNames()
    }

    private init(_ handles: [Handle]) {
        self.handles = handles
        answerHostNames()
    }

    /// The same certificates, keys and rules, and another key for tickets: those of before are worth
    /// nothing, so that who steals a key reads no more than its time; nil when memory is out.
    func withFreshTicketKeys() -> TLSContext? {
        let copies = handles.compactMap { $0.copied() }
        return copies.count == handles.count ? TLSContext(copies) : nil
    }

    private func answerHostNames() {
        // Every stream keeps this object, so it is there whenever OpenSSL calls back.
        unsafe SSL_CTX_set_host_name_callback(
            handles[0].pointer, answerHostName, Unmanaged.passUnretained(self).toOpaque())
    }

    /// A server's side of one connection; nil when memory is out.
    func newSession() -> OpaquePointer? { unsafe SSL_new(handles[0].pointer) }

    /// Puts the certificate of the host that the client asks for into place.
    fileprivate func chooseIdentity(for session: OpaquePointer?) {
        guard handles.count > 1,
            // The name lives as long as the session, and is read at once.
            let name = unsafe SSL_get_servername(session, TLSEXT_NAMETYPE_host_name)
        else { return }
        for handle in handles {
            let certificate = unsafe SSL_CTX_get0_certificate(handle.pointer)
            if unsafe X509_check_host(certificate, name, strlen(name), 0, nil) == 1 {
                unsafe SSL_set_SSL_CTX(session, handle.pointer)
                return
            }
        }
    }
}

/// OpenSSL's context for one identity.
///
/// `@unchecked Sendable`: the pointer never changes, nothing is set behind ``TLSContext``'s init, and
/// OpenSSL makes its own sharing of a context between threads safe.
@safe
private final class Handle: @unchecked Sendable {
    /// Ours, until we go.
    let pointer: OpaquePointer

    init() throws(TLSError) {
        ERR_clear_error()
        guard let pointer = unsafe SSL_CTX_new(TLS_server_method()) else {
            throw .openSSL(reason: lastReason())
        }
        unsafe self.pointer = pointer
        unsafe SSL_CTX_set_modes_of_streams(pointer)
        unsafe SSL_CTX_set_options(pointer, SSL_OP_serving)
        unsafe SSL_CTX_set_security_level(pointer, 2)  // no key that 2^112 steps break
        // Resumption is for those who were let in by this server; one ticket for each is enough.
        let name = Array("dynadetect".utf8)
        guard unsafe SSL_CTX_set_versions(pointer, TLS1_2_VERSION, TLS1_3_VERSION) == 1,
            unsafe SSL_CTX_set_cipher_list(pointer, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1,
            unsafe SSL_CTX_set_groups(pointer, "X25519:P-256:P-384") == 1,
            unsafe SSL_CTX_set_session_id_context(pointer, name, UInt32(name.count)) == 1,
            unsafe SSL_CTX_set_num_tickets(pointer, 1) == 1
        else { throw .openSSL(reason: lastReason()) }
        unsafe SSL_CTX_set_alpn_select_cb(pointer, selectProtocol, nil)
    }

    deinit { unsafe SSL_CTX_free(pointer) }

    func use(_ identity: TLSContext.Identity) throws(TLSError) {
        unsafe try HTTPServer.use(identity, in: pointer)
    }

    /// Another context of the same identity and rules: OpenSSL makes each a ticket key of its own.
    func copied() -> Handle? {
        guard let copy = try? Handle() else { return nil }
        // Certificates, keys and authorities are counted references, which both contexts hold.
        var chain: OpaquePointer?
        guard unsafe SSL_CTX_get_chain(pointer, &chain) == 1,
            unsafe SSL_CTX_use_cert_and_key(
                copy.pointer, SSL_CTX_get0_certificate(pointer), SSL_CTX_get0_privatekey(pointer),
                chain, 1) == 1
        else { return nil }
        if unsafe SSL_CTX_get_verify_mode(pointer) != SSL_VERIFY_NONE {
            unsafe SSL_CTX_share_authorities(pointer, copy.pointer)
            copy.askClients()
        }
        return copy
    }

    func askClients(vouchedForBy path: String) throws(TLSError) {
        ERR_clear_error()
        guard unsafe SSL_CTX_load_verify_file(pointer, path) == 1,
            let names = unsafe SSL_load_client_CA_file(path)
        else { throw .clientAuthorities(path: path, reason: lastReason()) }
        unsafe SSL_CTX_set_client_CA_list(pointer, names)  // takes the list over
        askClients()
    }

    private func askClients() {
        unsafe SSL_CTX_set_verify(
            pointer, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
    }
}

/// Reads the files of an identity into a context, which the caller keeps for the call.
@unsafe
func use(_ identity: TLSContext.Identity, in context: OpaquePointer) throws(TLSError) {
    // A key with a password is refused: nobody sits there to type it.
    unsafe SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in -1 }
    ERR_clear_error()
    guard unsafe SSL_CTX_use_certificate_chain_file(context, identity.certificate) == 1 else {
        throw .certificate(path: identity.certificate, reason: lastReason())
    }
    guard unsafe SSL_CTX_use_PrivateKey_file(context, identity.key, SSL_FILETYPE_PEM) == 1,
        unsafe SSL_CTX_check_private_key(context) == 1
    else { throw .key(path: identity.key, reason: lastReason()) }
}

/// What OpenSSL says of the first thing that went wrong on this thread.
private func lastReason() -> String {
    let code = ERR_peek_error()
    ERR_clear_error()
    if ERR_GET_LIB(code) == ERR_LIB_SYS {
        // strerror's text is copied at once.
        return unsafe String(cString: strerror(ERR_GET_REASON(code)))
    }
    if ERR_tells_of_no_pem(code) { return "it holds no PEM of that kind" }
    if ERR_tells_of_a_password(code) { return "it asks for a password, which is not supported" }
    // A constant of the library, or nothing.
    guard let words = unsafe ERR_reason_error_string(code) else { return "it is not usable" }
    return unsafe String(cString: words)
}

/// ALPN (RFC 7301): HTTP/1.1, or no connection for those who speak only something else.
private let selectProtocol:
    @convention(c) (
        OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
        UnsafeMutablePointer<UInt8>?, UnsafePointer<UInt8>?, UInt32, UnsafeMutableRawPointer?
    ) -> CInt = { _, chosen, chosenCount, offered, offeredCount, _ in
        // RFC 7301 §3.1: names, each behind a byte that says how long it is.
        let offers = unsafe UnsafeBufferPointer(start: offered, count: Int(offeredCount))
        let wanted = "http/1.1".utf8
        var start = 0
        while start < offers.count {
            let end = unsafe start + 1 + Int(offers[start])
            guard end <= offers.count else { break }
            if unsafe offers[(start + 1)..<end].elementsEqual(wanted) {
                // The answer lies in the client's own list, which outlives this call.
                unsafe chosen?.pointee = offered.map { unsafe $0 + start + 1 }
                unsafe chosenCount?.pointee = UInt8(wanted.count)
                return SSL_TLSEXT_ERR_OK
            }
            start = end
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }

/// SNI (RFC 6066 §3); a name that no certificate has is no reason to refuse a client.
private let answerHostName:
    @convention(c) (
        OpaquePointer?, UnsafeMutablePointer<CInt>?, UnsafeMutableRawPointer?
    ) -> CInt = { session, _, context in
        if let context = unsafe context {
            // A TLSContext, which the session's stream keeps.
            unsafe Unmanaged<TLSContext>.fromOpaque(context).takeUnretainedValue()
                .chooseIdentity(for: session)
        }
        return SSL_TLSEXT_ERR_OK
    }
