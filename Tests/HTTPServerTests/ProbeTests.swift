import Dispatch
import Testing

@testable import HTTPServer

struct ProbeTests {
    private func probe(_ port: UInt16, host: String = "127.0.0.1") -> Probe {
        Probe(host: host, port: port, timeout: .milliseconds(200))
    }

    @Test func `the status of an answer is told, whatever it is`() async throws {
        try await serving { server in
            let probe = Probe(host: "127.0.0.1", port: server.port, timeout: .seconds(10))
            let statuses = [try probe.status(of: "/"), try probe.status(of: "/denied")]
            #expect(statuses == [200, 404])
        }
    }

    @Test func `a server that speaks TLS is believed, whoever it is`() async throws {
        let authority = try TestAuthority()
        let context = try TLSContext(identities: [
            authority.issue("elsewhere", hosts: ["elsewhere"])
        ])
        try await serving(tls: context) { server in
            let probe = Probe(
                host: "127.0.0.1", port: server.port, security: .tls(), timeout: .seconds(10))
            let statuses = [try probe.status(of: "/"), try probe.status(of: "/denied")]
            #expect(statuses == [200, 404])
        }
    }

    @Test func `a server that asks who comes is shown it`() async throws {
        let authority = try TestAuthority()
        let context = try TLSContext(
            identities: [authority.issue("localhost")], clientAuthorities: authority.path)
        let (known, stranger) = (try authority.issue("probe"), try TestAuthority().issue("probe"))
        try await serving(tls: context) { server in
            func status(_ identity: TLSContext.Identity?) throws -> Int {
                try Probe(
                    host: "127.0.0.1", port: server.port, security: .tls(identity),
                    timeout: .seconds(10)
                ).status(of: "/")
            }
            let answered = try status(known)
            #expect(answered == 200)
            for refused in [stranger, nil] {
                #expect(throws: ProbeError.self) { try status(refused) }
            }
        }
    }

    @Test func `a server that speaks no TLS is told from one that does not answer`() async throws {
        try await serving { server in
            let probe = Probe(
                host: "127.0.0.1", port: server.port, security: .tls(), timeout: .seconds(10))
            #expect(throws: ProbeError.noTLS) { try probe.status(of: "/") }
        }
    }

    @Test func `who listens on all addresses is found at that address`() async throws {
        let server = try Server(host: "0.0.0.0", port: 0, handler: StubHandler())
        server.start()
        let probe = Probe(host: "0.0.0.0", port: server.port, timeout: .seconds(10))
        let status = try probe.status(of: "/")
        #expect(status == 200)
        #expect(await Drain(server, grace: .zero).abandoned == 0)
    }

    @Test func `a port where nobody listens is told from a server that is silent`() throws {
        let silent = try ListeningSocket(host: "127.0.0.1", port: 0, backlogMax: 1)
        #expect(throws: ProbeError.noAnswer) { try probe(silent.port).status(of: "/") }

        let port = try ListeningSocket(host: "127.0.0.1", port: 0, backlogMax: 1).port
        #expect(throws: ProbeError.noConnection(reason: "Connection refused")) {
            try probe(port).status(of: "/")
        }
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 99\r\n\r\n", "HTTP/1.1 2x0 OK", "HTTP/1",
    ])
    func `what is not HTTP is no status`(greeting: String) async throws {
        let listening = try ListeningSocket(host: "127.0.0.1", port: 0, backlogMax: 1)
        let greeter = DispatchGroup()
        DispatchQueue(label: "greeter").async(group: greeter) {
            let greeting = Array(greeting.utf8)
            let nothing: [UInt8] = []
            while true {
                guard case .socket(let socket, _) = listening.accept() else { continue }
                _ = socket.send(greeting.span, nothing.span)
                return
            }
        }
        let port = listening.port
        _ = try await onThreads(1) { _ in
            #expect(throws: ProbeError.noHTTP) {
                try Probe(host: "127.0.0.1", port: port, timeout: .seconds(10)).status(of: "/")
            }
            greeter.wait()
        }
    }

    @Test func `a host that is none is said to be unknown`() {
        #expect(throws: ProbeError.unknownHost) { try probe(80, host: "no host").status(of: "/") }
    }
}
