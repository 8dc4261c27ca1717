import Testing

@testable import HTTPServer

/// The same rules over the loopback, where sockets and queues take part.
@Suite(.timeLimit(.minutes(1)))
struct ServerTests {
    static let get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"

    static func post(_ path: String = "/", _ body: String, fields: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
    }

    // MARK: Requests

    @Test func `a connection serves one request after another`() async throws {
        try await serving { server in
            let client = try TestClient(port: server.port)
            for body in ["a", "", "hello"] {
                client.send(Self.post("/p:q%20r", body))
                let answer = client.answer()
                #expect(answer.status == 200)
                #expect(answer.content == body)
                #expect(answer.contains("X-Path: /p:q%20r\r\n"))
                #expect(answer.contains(" GMT\r\n"))
            }
            #expect(server.connectionCount == 1)
        }
    }

    @Test(arguments: [1, 2])
    func `pipelined requests are answered in order`(laneCount: Int) async throws {
        try await serving(laneCount: laneCount) { server in
            let client = try TestClient(port: server.port)
            client.send((0..<50).map { Self.post("/\($0)", "body \($0)") }.joined())
            for number in 0..<50 { #expect(client.answer().content == "body \(number)") }
        }
    }

    @Test func `a chunked body comes in as it was meant`() async throws {
        try await serving { server in
            let client = try TestClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            for byte in "6\r\nhello \r\n5;x\r\nworld\r\n0\r\nT: v\r\n\r\n".utf8 {
                client.send([byte])
            }
            #expect(client.answer().content == "hello world")
        }
    }

    @Test func `a large body comes back the same`() async throws {
        var random = SeededGenerator(1)
        let bytes = (0..<1_000_003).map { _ in UInt8.random(in: 0x61...0x7A, using: &random) }
        let body = String(decoding: bytes, as: UTF8.self)
        try await serving { server in
            let client = try TestClient(port: server.port)
            client.send(Self.post("/", body, fields: "Connection: close\r\n"))
            // One promise, and a million letters less to print.
            let isSame = client.rest()?.content == body
            #expect(isSame)
        }
    }

    @Test func `HEAD has the length and no body, and the connection stays usable`() async throws {
        try await serving { server in
            let client = try TestClient(port: server.port)
            client.send("HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n" + Self.post("/", "next"))
            #expect(client.answer(isToHEAD: true).contains("Content-Length: \(16 << 20)\r\n"))
            #expect(client.answer().content == "next")
        }
    }

    @Test func `HTTP 1.0 gets one answer and the end`() async throws {
        try await serving { server in
            let client = try TestClient(port: server.port)
            client.send("GET / HTTP/1.0\r\n\r\n")
            #expect(client.rest()?.contains("Connection: close\r\n") == true)
        }
    }

    @Test func `100 Continue invites the body`() async throws {
        try await serving { server in
            let client = try TestClient(port: server.port)
            client.send(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            #expect(client.answer() == "HTTP/1.1 100 Continue\r\n\r\n")
            client.send("ok")
            #expect(client.answer().content == "ok")
        }
    }

    @Test(.enabled(if: hasIPv6))
    func `the address of all is IPv4 and IPv6`() async throws {
        let server = try Server(host: "::", port: 0, handler: StubHandler())
        server.start()
        let client = try TestClient(port: server.port)
        client.send(Self.post("/", "four"))
        #expect(client.answer().content == "four")
        #expect(await Drain(server, grace: .zero).abandoned == 0)
    }

    @Test func `many connections at once each get their own answers`() async throws {
        try await serving { server in
            let port = server.port
            let answers = try await onThreads(32) { number in
                let client = try TestClient(port: port)
                return (0..<20).map { round in
                    let body = "\(number)/\(round) " + String(repeating: "x", count: number * round)
                    client.send(Self.post("/", body))
                    return client.answer().content == body
                }
            }
            #expect(answers.allSatisfy { $0.allSatisfy { $0 } })
        }
    }

    // MARK: Early answers and limits

    @Test func `413 reaches a client that is still sending`() async throws {
        try await serving(handler: StubHandler(bodyBytesMax: 1000)) { server in
            let client = try TestClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n")
            // The client sends all before it reads, as most do.
            let isSent = client.send([UInt8](repeating: 0, count: 8_000_000))
            #expect(isSent)
            client.endSending()
            let answer = client.rest()
            #expect(answer?.status == 413)
            #expect(answer?.content == "body_too_large")
        }
    }

    @Test func `an early answer from the handler closes a connection with a large body on its way`()
        async throws
    {
        try await serving(limits: .make { $0.skippedBytesMax = 3 }) { server in
            let client = try TestClient(port: server.port)
            client.send(Self.post("/denied", "body"))
            client.endSending()
            let answer = client.rest()
            #expect(answer?.status == 404)
            #expect(answer?.contains("Connection: close\r\n") == true)
        }
    }

    @Test(arguments: [5, 100_000])
    func `behind an early answer and its body the connection goes on`(bytes: Int) async throws {
        try await serving { server in
            let client = try TestClient(port: server.port)
            for _ in 0..<3 {
                client.send(Self.post("/denied", String(repeating: "x", count: bytes)))
                #expect(client.answer().status == 404)
            }
            client.send(Self.get)
            #expect(client.answer().status == 200)
        }
    }

    @Test func `a slow body is answered 408`() async throws {
        try await serving(limits: .make { $0.bodyTime = .milliseconds(20) }) { server in
            let client = try TestClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe")
            #expect(client.answer().status == 408)
        }
    }

    @Test func `a body that drips is answered 408 long before its time is over`() async throws {
        let limits = Limits.make {
            $0.bodyLeisureTime = .milliseconds(20)
            $0.bodyRateMin = 1024
        }
        try await serving(limits: limits) { server in
            let client = try TestClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe")
            #expect(client.answer().status == 408)
        }
    }

    @Test func `a slow head is answered 408`() async throws {
        try await serving(limits: .make { $0.headerTime = .milliseconds(20) }) { server in
            let client = try TestClient(port: server.port)
            client.send("GET /")
            #expect(client.answer().status == 408)
        }
    }

    @Test func `an idle connection is closed without a word`() async throws {
        try await serving(limits: .make { $0.idleTime = .milliseconds(20) }) { server in
            let client = try TestClient(port: server.port)
            client.send(Self.get)
            #expect(client.answer().status == 200)
            #expect(client.rest() == "")
        }
    }

    @Test func `a client that does not read is dropped`() async throws {
        let limits = Limits.make { $0.writeTime = .milliseconds(50) }
        try await serving(limits: limits) { server in
            let client = try TestClient(port: server.port, receiveBytes: 4096)
            client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            try await eventually { server.connectionCount == 0 }
            #expect(client.rest()?.utf8.count != StubHandler.large.count)
        }
    }

    @Test func `a client too many is told so`() async throws {
        try await serving(limits: .make { $0.connectionsMax = 1 }) { server in
            let first = try TestClient(port: server.port)
            first.send(Self.get)
            #expect(first.answer().status == 200)
            let second = try TestClient(port: server.port)
            second.send(Self.get)
            second.endSending()
            let answer = second.rest()
            #expect(answer?.status == 503)
            #expect(answer?.content == "too_many_connections")
            first.send(Self.get)
            #expect(first.answer().status == 200)
        }
    }

    @Test func `a client's connections beyond its share are told so`() async throws {
        try await serving(limits: .make { $0.connectionsPerClientMax = 1 }) { server in
            let first = try TestClient(port: server.port)
            first.send(Self.get)
            #expect(first.answer().status == 200)
            let second = try TestClient(port: server.port)
            second.endSending()
            let answer = second.rest()
            #expect(answer?.status == 429)
            #expect(answer?.content == "too_many_connections_of_client")
        }
    }

    @Test func `bodies beyond what may be on the way are told to come back`() async throws {
        try await serving(limits: .make { $0.bodiesBytesMax = 300_000 }) { server in
            let (first, refused) = try await Self.bodies(to: server)
            #expect(refused.status == 503)
            #expect(refused.content == "too_many_bodies")
            first.send([UInt8](repeating: 0x61, count: 50_000))
            #expect(first.answer().status == 200)
        }
    }

    @Test func `a client's bodies beyond its share are told to come back`() async throws {
        try await serving(limits: .make { $0.bodiesBytesPerClientMax = 300_000 }) { server in
            let (_, refused) = try await Self.bodies(to: server)
            #expect(refused.status == 429)
            #expect(refused.content == "too_many_bodies_of_client")
        }
    }

    /// A client that sent 200,000 bytes of 250,000 and may go on, and the answer to as many of another.
    private static func bodies(to server: Server) async throws -> (
        first: TestClient, answer: String
    ) {
        let first = try TestClient(port: server.port)
        first.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 250000\r\n\r\n")
        let most = [UInt8](repeating: 0x61, count: 200_000)
        first.send(most)
        // Bytes that the server has not read yet are not counted.
        try await eventually { server.bodyBytesTaken == most.count }
        let second = try TestClient(port: server.port)
        second.send(post("/", String(decoding: most, as: UTF8.self)))
        return (first, second.answer())
    }

    // MARK: Ends

    @Test func `a client that ended its side still gets its answer`() async throws {
        let handler = StubHandler()
        try await serving(handler: handler) { server in
            let client = try TestClient(port: server.port)
            client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
            client.endSending()
            let exchange = await handler.held(1)[0]
            #expect(!exchange.isAbandoned)
            exchange.respond(Response(status: 200, body: .make("late")))
            let answer = client.rest()
            #expect(answer?.status == 200)
            #expect(answer?.content == "late")
        }
    }

    @Test(arguments: ["", "pipelined"])
    func `a client that left is noticed, and the server goes on`(rest: String) async throws {
        let handler = StubHandler()
        try await serving(handler: handler) { server in
            var client: TestClient? = try TestClient(port: server.port)
            client?.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n" + rest)
            let exchange = await handler.held(1)[0]
            #expect(!exchange.isAbandoned)
            client = nil
            try await eventually { exchange.isAbandoned }
            try await eventually { server.connectionCount == 0 }
            exchange.respond(Response(status: 200))
            let next = try TestClient(port: server.port)
            next.send(Self.get)
            #expect(next.answer().status == 200)
        }
    }

    @Test func `a client that leaves in the middle of a body is forgotten`() async throws {
        try await serving { server in
            var client: TestClient? = try TestClient(port: server.port)
            client?.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\nhalf")
            try await eventually { server.connectionCount == 1 }
            client = nil
            try await eventually { server.connectionCount == 0 }
        }
    }

    @Test func `an exchange let go unanswered becomes a 500`() async throws {
        try await serving { server in
            let client = try TestClient(port: server.port)
            client.send("GET /forget HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.answer().status == 500)
        }
    }

    // MARK: Starting and draining

    @Test func `a port that is taken, and a host that is elsewhere, are told`() async throws {
        try await serving { server in
            #expect(
                throws: ServerError.cannotListen(
                    host: "127.0.0.1", port: server.port, reason: "Address already in use")
            ) { try Server(host: "127.0.0.1", port: server.port, handler: StubHandler()) }
            #expect(throws: ServerError.unknownHost("192.0.2.1")) {
                try Server(host: "192.0.2.1", port: 0, handler: StubHandler())
            }
            #expect(throws: ServerError.unknownHost("no.such.host.invalid")) {
                try Server(host: "no.such.host.invalid", port: 0, handler: StubHandler())
            }
        }
    }

    @Test(arguments: [1, 2])
    func `a drain waits for what has begun and then refuses connections`(
        laneCount: Int
    ) async throws {
        let handler = StubHandler()
        let limits = Limits.make { $0.drainIdleTime = .milliseconds(20) }
        try await serving(limits: limits, laneCount: laneCount, handler: handler) { server in
            let idle = try TestClient(port: server.port)
            idle.send(Self.get)
            #expect(idle.answer().status == 200)
            let busy = try TestClient(port: server.port)
            busy.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
            let exchange = await handler.held(1)[0]

            let drain = Drain(server)
            #expect(idle.rest() == "")
            #expect(server.connectionCount == 1)
            #expect(throws: NotConnected.self) { try TestClient(port: server.port) }
            exchange.respond(Response(status: 200, body: .make("done")))
            #expect(busy.rest()?.contains("Connection: close\r\n") == true)
            _ = consume busy
            #expect(await drain.abandoned == 0)
            #expect(server.connectionCount == 0)
        }
    }

    @Test func `a drain ends with its grace, and counts what it cut off`() async throws {
        let handler = StubHandler()
        try await serving(handler: handler) { server in
            let client = try TestClient(port: server.port)
            client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
            let exchange = await handler.held(1)[0]
            #expect(await Drain(server, grace: .milliseconds(20)).abandoned == 1)
            #expect(exchange.isAbandoned)
            #expect(client.rest() == "")
        }
    }

    @Test func `clients that wait in the kernel's queue are served by a drain`() async throws {
        try await serving { server in
            let clients = try (0..<20).map { _ in try TestClient(port: server.port) }
            for client in clients { client.send(Self.get) }
            let drain = Drain(server)
            for client in clients {
                client.endSending()
                #expect(client.rest()?.status == 200)
            }
            #expect(await drain.abandoned == 0)
        }
    }

    @Test(arguments: [1, 2])
    func `a drain under load answers every request it took`(laneCount: Int) async throws {
        try await serving(laneCount: laneCount) { server in
            try await expectDrainAnswersAll(server, asking: Self.get)
        }
    }

    @Test func `a drain of a server that never started ends at once`() async throws {
        let server = try Server(host: "127.0.0.1", port: 0, handler: StubHandler())
        #expect(await Drain(server).abandoned == 0)
    }
}
