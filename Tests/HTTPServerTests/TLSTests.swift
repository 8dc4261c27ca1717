import COpenSSL
import Testing

@testable import HTTPServer

/// TLS over the loopback: its handshake, who clients are, and those who do not keep to it.
@Suite(.timeLimit(.minutes(1)))
struct TLSTests {
    static let get = ServerTests.get
    static let both = [TLS1_2_VERSION, TLS1_3_VERSION]

    let authority: TestAuthority

    init() throws { authority = try TestAuthority() }

    func context(
        _ hosts: String..., clients: TestAuthority? = nil
    ) throws -> TLSContext {
        let hosts = hosts.isEmpty ? ["localhost"] : hosts
        return try TLSContext(
            identities: hosts.map { try authority.issue($0, hosts: [$0]) },
            clientAuthorities: clients?.path)
    }

    // MARK: The handshake

    @Test(arguments: both)
    func `a request is answered under TLS`(version: CInt) async throws {
        try await serving(tls: context()) { server in
            let client = try TestClient(
                port: server.port, tls: .make { $0.versions = version...version })
            for body in ["a", "", "hello"] {
                client.send(ServerTests.post("/", body))
                #expect(client.answer().content == body)
            }
        }
    }

    @Test(arguments: [TLS1_VERSION, TLS1_1_VERSION])
    func `TLS before 1.2 is refused`(version: CInt) async throws {
        try await serving(tls: context()) { server in
            #expect(throws: HandshakeFailed(reason: "tlsv1 alert protocol version")) {
                try TestClient(
                    port: server.port, tls: .make { $0.versions = version...version })
            }
        }
    }

    @Test(arguments: both)
    func `a ticket is worth nothing once its key is too old, and its holder is served`(
        version: CInt
    ) async throws {
        // Each connection replaces the key; all else about the certificates must stay as it was.
        let limits = Limits.make { $0.ticketKeyTime = .zero }
        try await serving(limits: limits, tls: context("a", "b", clients: authority)) { server in
            var rules = TLSRules.make {
                $0.versions = version...version
                $0.hostName = "b"
            }
            rules.identity = try authority.issue("client")
            for _ in 0..<3 {
                let client = try TestClient(port: server.port, tls: rules)
                client.send(Self.get)
                #expect(client.answer().status == 200)
                #expect(client.tls?.isResumed == false)
                #expect(client.tls?.serverName == "b")
                rules.resumes = try client.tls?.ticket()
            }
            rules.resumes = nil
            rules.identity = try TestAuthority().issue("stranger")
            let stranger = try? TestClient(port: server.port, tls: rules)
            stranger?.send(Self.get)
            #expect(stranger?.answer().contains("200 OK") != true)
        }
    }

    @Test(arguments: [
        // SSL 2: a hello of its own form.
        "802e010002001500000010010080020080030080040080050080060040070"
            + "0c0" + "00112233445566778899aabbccddeeff",
        // SSL 3: a hello of version 3.0 with RSA and RC4.
        "160300002f0100002b0300" + String(repeating: "5a", count: 32) + "00000400050004" + "0100",
    ])
    func `SSL is refused`(hello: String) async throws {
        try await serving(tls: context()) { server in
            let client = try TestClient(port: server.port)
            client.send(try [UInt8].make(hex: hello))
            // At most an alert: seven bytes.
            client.endSending()
            #expect(client.restBytes().count <= 7)
            try await eventually { server.connectionCount == 0 }
        }
    }

    @Test(arguments: [
        "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256", "AES128-SHA",
        "DHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-NULL-SHA", "AECDH-AES128-SHA",
        "ECDHE-ECDSA-AES128-CCM8", "ECDHE-ECDSA-ARIA128-GCM-SHA256",
    ])
    func `a weak suite is refused`(suite: String) async throws {
        try await serving(tls: context()) { server in
            #expect(throws: HandshakeFailed(reason: "sslv3 alert handshake failure")) {
                try TestClient(
                    port: server.port,
                    tls: .make {
                        $0.versions = TLS1_2_VERSION...TLS1_2_VERSION
                        $0.suites = suite
                    })
            }
        }
    }

    @Test(arguments: [
        ("ECDHE-ECDSA-AES128-GCM-SHA256", "ec"), ("ECDHE-ECDSA-AES256-GCM-SHA384", "ec"),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", "ec"), ("ECDHE-RSA-AES128-GCM-SHA256", "rsa"),
        ("ECDHE-RSA-CHACHA20-POLY1305", "rsa"),
    ])
    func `a modern suite is taken`(suite: String, key: String) async throws {
        let identity = try authority.issue("a", key: key == "ec" ? .ec : .rsa(bits: 2048))
        try await serving(tls: TLSContext(identities: [identity])) { server in
            let client = try TestClient(
                port: server.port,
                tls: .make {
                    $0.versions = TLS1_2_VERSION...TLS1_2_VERSION
                    $0.suites = suite
                })
            client.send(Self.get)
            #expect(client.answer().status == 200)
            #expect(client.tls?.suite == suite)
        }
    }

    @Test(arguments: both)
    func `a client that comes back resumes its session`(version: CInt) async throws {
        try await serving(tls: context(clients: authority)) { server in
            var rules = TLSRules.make { $0.versions = version...version }
            rules.identity = try authority.issue("client")
            let first = try TestClient(port: server.port, tls: rules)
            first.send(Self.get)
            #expect(first.answer().status == 200)
            #expect(first.tls?.isResumed == false)
            rules.resumes = try first.tls?.ticket()
            let second = try TestClient(port: server.port, tls: rules)
            second.send(Self.get)
            #expect(second.answer().status == 200)
            #expect(second.tls?.isResumed == true)
        }
    }

    @Test(arguments: both)
    func `other certificates hold for new connections, and open ones go on`(version: CInt)
        async throws
    {
        try await serving(tls: context("old")) { server in
            var rules = TLSRules.make { $0.versions = version...version }
            let first = try TestClient(port: server.port, tls: rules)
            first.send(Self.get)
            #expect(first.answer().status == 200)
            rules.resumes = try first.tls?.ticket()

            server.use(try context("new"))
            let second = try TestClient(port: server.port, tls: rules)
            second.send(Self.get)
            #expect(second.answer().status == 200)
            #expect(second.tls?.serverName == "new")
            #expect(second.tls?.isResumed == false)

            first.send(Self.get)
            #expect(first.answer().status == 200)
            #expect(first.tls?.serverName == "old")
        }
    }

    @Test(arguments: [
        ("a.test", "a.test"), ("b.test", "b.test"), ("x.c.test", "*.c.test"), ("c.test", "a.test"),
        (nil, "a.test"), ("", "a.test"), ("stranger.test", "a.test"),
    ])
    func `the certificate follows the host that is asked for`(asked: String?, given: String)
        async throws
    {
        try await serving(tls: context("a.test", "b.test", "*.c.test")) { server in
            for version in Self.both {
                let client = try TestClient(
                    port: server.port,
                    tls: .make {
                        $0.hostName = asked
                        $0.versions = version...version
                    })
                client.send(Self.get)
                #expect(client.answer().status == 200)
                #expect(client.tls?.serverName == given)
            }
        }
    }

    @Test(arguments: [
        (["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "http/1.1"),
        (["http/1.1", "h2"], "http/1.1"), ([], nil),
    ])
    func `HTTP 1.1 is agreed on`(offers: [String], chosen: String?) async throws {
        try await serving(tls: context()) { server in
            let client = try TestClient(port: server.port, tls: .make { $0.protocols = offers })
            client.send(Self.get)
            #expect(client.answer().status == 200)
            #expect(client.tls?.chosenProtocol == chosen)
        }
    }

    @Test(arguments: [["h2"], ["http/1.0"], ["http/1"], ["xhttp/1.1"]])
    func `a client that speaks no HTTP 1.1 is told so`(offers: [String]) async throws {
        try await serving(tls: context()) { server in
            #expect(throws: HandshakeFailed(reason: "tlsv1 alert no application protocol")) {
                try TestClient(port: server.port, tls: .make { $0.protocols = offers })
            }
        }
    }

    // MARK: Certificates of clients

    @Test(arguments: both)
    func `a client that is vouched for is served`(version: CInt) async throws {
        let clients = try TestAuthority("Clients")
        try await serving(tls: context(clients: clients)) { server in
            let client = try TestClient(
                port: server.port,
                tls: .make {
                    $0.versions = version...version
                    $0.identity = try? clients.issue("camera")
                })
            client.send(Self.get)
            #expect(client.answer().status == 200)
        }
    }

    @Test(arguments: both, ["none", "self-signed", "rogue", "expired", "not yet"])
    func `a client that nobody vouches for is refused`(version: CInt, kind: String) async throws {
        let clients = try TestAuthority("Clients")
        let rogue = try TestAuthority("Clients")  // the same name, another key
        let handler = StubHandler()
        let identity: TLSContext.Identity? =
            switch kind {
            case "self-signed": try clients.issue("camera", isSelfSigned: true)
            case "rogue": try rogue.issue("camera")
            case "expired": try clients.issue("camera", validity: .past)
            case "not yet":
                try clients.issue("camera", validity: .init(from: 3600, to: 7200))
            default: nil
            }
        try await serving(tls: context(clients: clients), handler: handler) { server in
            // In TLS 1.3 the client's handshake ends before it is judged.
            do {
                let client = try TestClient(
                    port: server.port,
                    tls: .make {
                        $0.versions = version...version
                        $0.identity = identity
                    })
                client.send(Self.get)
                #expect(client.rest() == nil)
                #expect(client.tls?.failure.contains("alert") == true)
            } catch let error as HandshakeFailed {
                #expect(version == TLS1_2_VERSION)
                #expect(error.reason.contains("alert"))
            }
            #expect(handler.answered == 0)
        }
    }

    // MARK: Those who do not keep to it

    @Test func `plain HTTP on the port of HTTPS is told so`() async throws {
        try await serving(tls: context()) { server in
            let client = try TestClient(port: server.port)
            client.send(Self.get)
            let answer = client.rest()
            #expect(answer?.status == 400)
            #expect(answer?.content == "request_malformed")
        }
    }

    @Test func `garbage ends the connection`() async throws {
        var random = SeededGenerator(3)
        try await serving(tls: context()) { server in
            for _ in 0..<50 {
                let client = try TestClient(port: server.port)
                client.send((0..<300).map { _ in UInt8.random(in: 0...255, using: &random) })
                client.endSending()
                #expect(client.restBytes().count <= 7)
            }
        }
    }

    @Test(arguments: [0, 1, 5, 100])
    func `a handshake that stands still is dropped on time`(byteCount: Int) async throws {
        let limits = Limits.make { $0.handshakeTime = .milliseconds(20) }
        try await serving(limits: limits, tls: context()) { server in
            let begun = ContinuousClock.now  // the server's clock starts with the client
            let client = try TestClient(port: server.port)
            client.send(
                Array(
                    ([0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3] + [UInt8](repeating: 7, count: 100))
                        .prefix(byteCount)))
            #expect(client.rest() == "")
            #expect(ContinuousClock.now - begun >= .milliseconds(20))
        }
    }

    @Test func `a client is not dropped for the handshake's time once it is done`() async throws {
        let limits = Limits.make { $0.handshakeTime = .milliseconds(50) }
        let handler = StubHandler()
        try await serving(limits: limits, tls: context(), handler: handler) { server in
            let client = try TestClient(port: server.port, tls: .make())
            client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
            let exchange = await handler.held(1)[0]
            let stalled = try TestClient(port: server.port)
            #expect(stalled.rest() == "")
            exchange.respond(Response(status: 200))
            #expect(client.answer().status == 200)
        }
    }

    @Test func `another handshake on the same connection is refused`() async throws {
        try await serving(tls: context()) { server in
            let client = try TestClient(
                port: server.port, tls: .make { $0.versions = TLS1_2_VERSION...TLS1_2_VERSION })
            client.send(Self.get)
            #expect(client.answer().status == 200)
            #expect(client.tls?.renegotiate() == false)
        }
    }

    @Test func `new keys are agreed on as often as a client asks`() async throws {
        try await serving(tls: context()) { server in
            let client = try TestClient(
                port: server.port, tls: .make { $0.versions = TLS1_3_VERSION...TLS1_3_VERSION })
            for number in 0..<100 {
                client.tls?.askForNewKeys()
                client.send(ServerTests.post("/", "\(number)"))
                #expect(client.answer().content == "\(number)")
            }
        }
    }
}
