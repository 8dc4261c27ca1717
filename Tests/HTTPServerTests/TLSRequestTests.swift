import Testing

@testable import HTTPServer

/// Requests, answers and ends under TLS, over the loopback.
@Suite(.timeLimit(.minutes(1)))
struct TLSRequestTests {
    private let authority: TestAuthority

    init() throws { authority = try TestAuthority() }

    private func context() throws -> TLSContext {
        try TLSContext(
            identities: [authority.issue("localhost", hosts: ["localhost"])],
            clientAuthorities: nil)
    }

    // MARK: Requests and answers

    @Test func `large bodies go both ways, and small ones behind them`() async throws {
        var random = SeededGenerator(1)
        let bytes = (0..<1_000_003).map { _ in UInt8.random(in: 0x61...0x7A, using: &random) }
        let body = String(decoding: bytes, as: UTF8.self)
        try await serving(tls: context()) { server in
            let client = try TestClient(port: server.port, tls: .make())
            for text in [body, "small", body, ""] {
                client.send(ServerTests.post("/", text))
                // One promise, and a million letters less to print.
                let isSame = client.answer().content == text
                #expect(isSame)
            }
            client.send("GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(client.rest()?.content.utf8.count == StubHandler.large.count)
        }
    }

    @Test func `pipelined requests are answered in order under TLS`() async throws {
        try await serving(tls: context()) { server in
            let client = try TestClient(port: server.port, tls: .make())
            client.send((0..<50).map { ServerTests.post("/\($0)", "body \($0)") }.joined())
            for number in 0..<50 { #expect(client.answer().content == "body \(number)") }
        }
    }

    @Test func `a request whose every byte is a record of its own comes in`() async throws {
        try await serving(tls: context()) { server in
            let client = try TestClient(port: server.port, tls: .make())
            for byte
                in "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5;x\r\nworld\r\n0\r\n\r\n"
                .utf8
            {
                client.send([byte])
            }
            #expect(client.answer().content == "hello world")
        }
    }

    @Test func `413 reaches a client that is still sending under TLS`() async throws {
        try await serving(tls: context(), handler: StubHandler(bodyBytesMax: 1000)) { server in
            let client = try TestClient(port: server.port, tls: .make())
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n")
            let isSent = client.send([UInt8](repeating: 0, count: 8_000_000))
            #expect(isSent)
            client.endSending()
            #expect(client.rest()?.content == "body_too_large")
        }
    }

    @Test func `a client that does not read is dropped under TLS`() async throws {
        let limits = Limits.make { $0.writeTime = .milliseconds(50) }
        try await serving(limits: limits, tls: context()) { server in
            let client = try TestClient(port: server.port, receiveBytes: 4096, tls: .make())
            client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            try await eventually { server.connectionCount == 0 }
            #expect(client.rest()?.utf8.count != StubHandler.large.count)
        }
    }

    // MARK: Ends

    @Test(arguments: TLSTests.both)
    func `the end is told by TLS itself`(version: CInt) async throws {
        let limits = Limits.make { $0.idleTime = .milliseconds(50) }
        try await serving(limits: limits, tls: context()) { server in
            for fields in ["", "Connection: close\r\n"] {
                let client = try TestClient(
                    port: server.port, tls: .make { $0.versions = version...version })
                client.send(ServerTests.post("/", "", fields: fields))
                #expect(client.rest()?.status == 200)
            }
        }
    }

    @Test func `a client that ended its side under TLS still gets its answer`() async throws {
        let handler = StubHandler()
        try await serving(tls: context(), handler: handler) { server in
            let client = try TestClient(port: server.port, tls: .make())
            client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
            client.endSending()
            let exchange = await handler.held(1)[0]
            exchange.respond(Response(status: 200, body: .make("late")))
            #expect(client.rest()?.content == "late")
            #expect(!exchange.isAbandoned)
        }
    }

    @Test func `a client that left is noticed under TLS`() async throws {
        let handler = StubHandler()
        try await serving(tls: context(), handler: handler) { server in
            var client: TestClient? = try TestClient(port: server.port, tls: .make())
            client?.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
            let exchange = await handler.held(1)[0]
            client = nil
            try await eventually { exchange.isAbandoned }
            exchange.respond(Response(status: 200))
        }
    }

    @Test func `a body cut short by the end of TCP is no body`() async throws {
        let handler = StubHandler()
        try await serving(tls: context(), handler: handler) { server in
            var client: TestClient? = try TestClient(port: server.port, tls: .make())
            client?.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\nhalf")
            try await eventually { server.connectionCount == 1 }
            client = nil
            try await eventually { server.connectionCount == 0 }
            #expect(handler.answered == 0)
        }
    }

    @Test func `a drain under load answers every request it took under TLS`() async throws {
        try await serving(tls: context()) { server in
            try await expectDrainAnswersAll(server, asking: TLSTests.get, overTLS: true)
        }
    }
}
