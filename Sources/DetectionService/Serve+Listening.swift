internal import Dispatch
internal import HTTPServer
internal import Synchronization

extension Serve {
    /// The ports of a service, open but not served yet.
    struct Ports {
        let main: Server
        /// Of those who run it, where they have one of their own.
        let administrators: Server?

        /// Serves them, and says where they are.
        func start(_ configuration: Configuration, console: Console) {
            main.start()
            let scheme = configuration.tlsCertificates.isEmpty ? "http" : "https"
            console.output("address  \(scheme)://\(configuration.host.bracketed):\(main.port)\n")
            guard let administrators else { return }
            administrators.start()
            console.output(
                "admin    http://\(configuration.adminHost.bracketed):\(administrators.port)\n")
        }
    }

    /// Takes the ports.
    static func listen(
        _ configuration: Configuration, _ service: Service
    ) throws(CommandFailure) -> Ports {
        let limits = configuration.limits(.live)
        let main = try listen(
            configuration.host, configuration.port, tls: try makeTLS(configuration), limits,
            laneCount: configuration.laneCount(.live), service)
        guard let port = configuration.adminPort else {
            return Ports(main: main, administrators: nil)
        }
        let administrators = try listen(
            configuration.adminHost, port, tls: nil, configuration.limitsOfAdministrators,
            laneCount: 1, AdministratorsDoor(service: service))
        return Ports(main: main, administrators: administrators)
    }

    /// Reads the certificates, where there are any.
    static func makeTLS(_ configuration: Configuration) throws(CommandFailure) -> TLSContext? {
        do { return try configuration.makeTLS() } catch {
            throw CommandFailure("cannot serve HTTPS: \(error)")
        }
    }

    private static func listen(
        _ host: String, _ port: Int, tls: TLSContext?, _ limits: Limits, laneCount: Int,
        _ handler: any Handler
    ) throws(CommandFailure) -> Server {
        guard let number = UInt16(exactly: port) else {
            throw CommandFailure("the port \(port) is not between 0 and 65535")
        }
        do {
            return try Server(
                host: host, port: number, tls: tls, limits: limits, laneCount: laneCount,
                handler: handler)
        } catch {
            switch error {
            case .unknownHost(let host):
                throw CommandFailure("cannot listen: '\(host)' is no address of this machine")
            case .cannotListen(let host, let port, let reason):
                throw CommandFailure("cannot listen on \(host):\(port): \(reason)")
            }
        }
    }

    /// Answers what was accepted, and returns how many requests had to be given up.
    static func drain(_ server: Server, grace: Duration) -> Int {
        let isDrained = DispatchSemaphore(value: 0)
        let abandoned = Atomic(0)
        server.drain(grace: grace) { count in
            abandoned.store(count, ordering: .releasing)
            isDrained.signal()
        }
        isDrained.wait()
        return abandoned.load(ordering: .acquiring)
    }
}
