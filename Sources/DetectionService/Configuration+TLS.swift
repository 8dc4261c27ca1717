internal import HTTPServer

extension Configuration {
    /// Reads the certificates; nil where none was given, for plain HTTP.
    func makeTLS() throws(TLSError) -> TLSContext? {
        guard !tlsCertificates.isEmpty else { return nil }
        return try TLSContext(
            identities: zip(tlsCertificates, tlsKeys).map {
                TLSContext.Identity(certificate: $0, key: $1)
            }, clientAuthorities: tlsClientAuthorities)
    }

    /// Reads the certificates anew, for those who connect from now on; bad ones leave the old in place.
    func reloadTLS(of server: Server, _ log: ServiceLog) {
        do {
            guard let tls = try makeTLS() else { return }
            server.use(tls)
            log.note(.info) { $0.add("event", "certificates_reloaded") }
        } catch {
            log.note(.error) { line in
                line.add("event", "certificates_kept")
                line.add("detail", "\(error)")
            }
        }
    }

    /// That what belongs together was given together.
    func checkTLS() throws(UsageError) {
        guard tlsCertificates.count == tlsKeys.count else {
            throw UsageError(
                "--tls-cert names \(tlsCertificates.count) files and --tls-key \(tlsKeys.count);"
                    + " each certificate has its key")
        }
        guard tlsClientAuthorities == nil || !tlsCertificates.isEmpty else {
            throw UsageError("--tls-client-ca needs --tls-cert and --tls-key")
        }
    }
}

extension Configuration {
    /// HTTPS, and whom it is for.
    static var tlsOptions: [CommandOption<Configuration>] {
        let standard = Configuration()
        return [
            .value(
                "tls-cert", \.tlsCertificates, .files(),
                "certificate chain (PEM), for HTTPS; of several, the one for the host asked for",
                default: standard, because: "plain HTTP, as behind a proxy that speaks TLS"),
            .value(
                "tls-key", \.tlsKeys, .files(), "private key (PEM) of each certificate",
                default: standard, because: "a chain's file may hold it too: name it twice then"),
            .open(
                "tls-client-ca", \.tlsClientAuthorities, .text("FILE"),
                "authorities (PEM); clients without a certificate of theirs are refused",
                standard: "none", because: "who may connect is for the network to say"),
            .value(
                "tls-handshake-seconds", \.limits.handshakeTime, .seconds(1...3600),
                "time to begin TLS", default: standard,
                because: "two round trips; a stalled one holds a connection"),
        ]
    }
}
