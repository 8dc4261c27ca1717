internal import Glibc
internal import HTTPServer

/// `healthcheck`: whether a server on this machine takes pictures.
struct HealthcheckCommand: Command {
    static let name = "healthcheck"
    static let summary = "Asks a server on this machine whether it takes pictures"
    static let discussion = """
        The exit status is 0 when it does, 1 when it does not or does not answer in time. For the
        health checks of containers: no shell and no curl are needed beside this program, and it
        finds the server by the same DYNADETECT_HOST, DYNADETECT_PORT and DYNADETECT_TLS_CERT. Where there
        is a DYNADETECT_ADMIN_PORT it asks there, by plain HTTP. A server that asks its clients for a
        certificate (--tls-client-ca) and has no such port is shown the one of --client-cert.
        """
    static let operands = Operands.none
    static var options: [CommandOption<HealthcheckCommand>] {
        [
            .value(
                "host", \.host, .text("ADDRESS"), "address it listens on", default: standard),
            .value("port", \.port, .whole(1...65_535), "port it listens on", default: standard),
            .value(
                "tls-cert", \.certificates, .files(),
                "what it proves itself with: then it is asked by HTTPS, and believed",
                default: standard),
            .open(
                "admin-port", \.adminPort, .whole(1...65_535),
                "port for administrators, asked instead of the other", standard: "none"),
            .value(
                "admin-host", \.adminHost, .text("ADDRESS"), "address of that port",
                default: standard),
            .open(
                "client-cert", \.clientCertificate, .text("FILE"),
                "certificate (PEM) to show to a server that asks for one", standard: "none"),
            .open(
                "client-key", \.clientKey, .text("FILE"), "its private key (PEM)",
                standard: "in the same file"),
            .value(
                "timeout-seconds", \.timeout, .seconds(1...60), "time to answer",
                default: standard, because: "health checks ask every few seconds"),
            .toggle("live", \.isLive, "ask only whether it answers at all, ready or not"),
        ]
    }

    var host = Configuration().host
    var port = Configuration().port
    var certificates = Configuration().tlsCertificates
    var adminPort = Configuration().adminPort
    var adminHost = Configuration().adminHost
    var clientCertificate: String?
    var clientKey: String?
    var timeout = Duration.seconds(2)
    var isLive = false
    var operandValues: [String] = []

    private static var standard: HealthcheckCommand { HealthcheckCommand() }

    /// What it shows of itself.
    private var identity: TLSContext.Identity? {
        clientCertificate.map { TLSContext.Identity(certificate: $0, key: clientKey ?? $0) }
    }

    func run(_ console: Console) throws(CommandFailure) {
        guard clientKey == nil || clientCertificate != nil else {
            throw CommandFailure(
                "--client-key is the key of a certificate: --client-cert names that")
        }
        let path = (isLive ? Route.health : .readiness).rawValue
        let isSecured = !certificates.isEmpty && adminPort == nil
        let (host, port) = adminPort.map { (adminHost, $0) } ?? (self.host, self.port)
        let place = "\(isSecured ? "https" : "http")://\(host.bracketed):\(port)\(path)"
        guard let port = UInt16(exactly: port) else {
            throw CommandFailure("the port \(port) is not between 1 and 65535")
        }
        signal(SIGPIPE, SIG_IGN)  // a server that leaves is something to say, not a death
        let probe = Probe(
            host: host, port: port, security: isSecured ? .tls(identity) : .none, timeout: timeout)
        let status: Int
        do throws(ProbeError) { status = try probe.status(of: path) } catch {
            throw CommandFailure("\(place) \(error.words)")
        }
        guard status == 200 else { throw CommandFailure("\(place) answers \(status)") }
        console.output("\(isLive ? "live" : "ready")\n")
    }
}

extension ProbeError {
    /// What is wrong, to stand behind the address.
    fileprivate var words: String {
        switch self {
        case .unknownHost: "cannot be asked: the host is not known"
        case .noConnection(let reason): "cannot be asked: \(reason)"
        case .noTLS: "does not speak TLS, or wants another certificate than it is shown"
        case .badIdentity(let error): "cannot be asked: \(error)"
        case .noAnswer: "does not answer in time"
        case .noHTTP: "does not speak HTTP"
        }
    }
}
