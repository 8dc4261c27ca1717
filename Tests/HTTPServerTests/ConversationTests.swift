import Testing

@testable import HTTPServer

struct ConversationTests {
    static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    static let ok = Response(status: 200)
    static let denied = Response(status: 404)
    static let post = RequestHead.make(
        "POST", "/", fields: ["Host": "a", "Content-Length": "5"])

    static func post(_ fields: String, _ body: String = "") -> String {
        "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
    }

    // MARK: Requests

    @Test func `a request is admitted, handed on, answered, and the connection stays`() {
        let talk = Talk.make()
        #expect(talk.receive(Self.get) == [.admit(.make())])
        #expect(
            talk.admit() == [.handle(.init(head: .make(), body: [], receivedAt: talk.now))])
        #expect(!talk.wantsBytes)
        #expect(talk.answer(Self.ok) == [.send(Reply(response: Self.ok))])
        #expect(talk.sent() == [])
        #expect(talk.wantsBytes)
        #expect(talk.receive(Self.get) == [.admit(.make())])
    }

    @Test(arguments: [
        ("Content-Length: 5", "hello"), ("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"),
    ])
    func `a body is handed on whole, however it comes`(field: String, body: String) {
        let raw = Self.post(field, body)
        for cut in 0...raw.utf8.count {
            let talk = Talk.make()
            var actions = talk.receive(String(raw.prefix(cut)))
            if actions.isEmpty { actions = talk.receive(String(raw.dropFirst(cut))) }
            guard case .admit = actions.last else {
                Issue.record("not admitted at cut \(cut)")
                continue
            }
            actions = talk.admit()
            if actions.isEmpty { actions = talk.receive(String(raw.dropFirst(cut))) }
            guard case .handle(let request) = actions.last else {
                Issue.record("not handed on at cut \(cut)")
                continue
            }
            #expect(request.body == .make("hello"))
        }
    }

    @Test func `a body of known length goes straight to its place, and no further`() {
        let talk = Talk.make()
        _ = talk.receive(Self.post("Content-Length: 5", "he"))
        #expect(talk.admit() == [])
        #expect(talk.takesBodyDirectly)
        talk.conversation.fillBody { room in
            #expect(room.freeCapacity == 3)
            for byte in "llo".utf8 { room.append(byte) }
        }
        #expect(
            talk.actions()
                == [.handle(.init(head: Self.post, body: .make("hello"), receivedAt: talk.now))])
    }

    @Test func `memory for a body follows what has come`() {
        let limits = Limits.make { $0.bodyFirstBytes = 10 }
        let talk = Talk.make(limits: limits)
        _ = talk.receive(Self.post("Content-Length: 100000000"))
        _ = talk.admit(.max)
        var received = 0
        for _ in 0..<5 {
            talk.conversation.fillBody { room in
                // The allocator rounds up, so there may be a little more than asked for.
                #expect(room.freeCapacity <= 3 * received + 64)
                received += room.freeCapacity
                while !room.isFull { room.append(0) }
            }
        }
        #expect(received > 1000)
    }

    @Test func `pipelined requests are served one at a time, in order`() {
        let talk = Talk.make()
        let second = "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
        #expect(
            talk.receive(Self.post("Content-Length: 5", "hello" + second)) == [.admit(Self.post)])
        #expect(talk.admit().count == 1)
        #expect(talk.answer(Self.ok) == [.send(Reply(response: Self.ok))])
        #expect(talk.sent() == [.admit(.make("GET", "/2"))])
    }

    @Test(arguments: [
        ("HTTP/1.1", "", false, false), ("HTTP/1.1", "Connection: close\r\n", true, false),
        ("HTTP/1.1", "Connection: x, CLOSE\r\n", true, false), ("HTTP/1.0", "", true, false),
        ("HTTP/1.0", "Connection: Keep-Alive\r\n", false, true),
        ("HTTP/1.0", "Connection: keep-alive, close\r\n", true, false),
    ])
    func `version and Connection decide whether it stays`(
        version: String, field: String, closes: Bool, states: Bool
    ) {
        let talk = Talk.make()
        let reply = talk.serve("GET / \(version)\r\nHost: a\r\n\(field)\r\n", Self.ok)
        #expect(reply == Reply(response: Self.ok, closes: closes, statesKeepAlive: states))
    }

    @Test func `HEAD is answered without a body`() {
        let talk = Talk.make()
        let reply = talk.serve("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", Self.ok)
        #expect(reply?.omitsBody == true)
    }

    @Test func `a connection closes after its last permitted request`() {
        let talk = Talk.make(limits: .make { $0.requestsPerConnectionMax = 2 })
        #expect(talk.serve(Self.get, Self.ok)?.closes == false)
        #expect(talk.serve(Self.get, Self.ok)?.closes == true)
    }

    // MARK: Expectations and early answers

    @Test func `100 Continue is sent only after admission`() {
        let talk = Talk.make()
        let raw = Self.post("Content-Length: 5\r\nExpect: 100-Continue")
        #expect(talk.receive(raw).count == 1)
        #expect(talk.admit() == [.goOn])
        guard case .handle = talk.receive("hello").last else {
            Issue.record("not handed on")
            return
        }
    }

    @Test(arguments: [
        post("Content-Length: 5\r\nExpect: 100-continue", "h"),
        post("Content-Length: 0\r\nExpect: 100-continue"),
        "POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
    ])
    func `100 Continue is not sent where it is needless or unknown`(raw: String) {
        let talk = Talk.make()
        _ = talk.receive(raw)
        #expect(!talk.admit().contains(.goOn))
    }

    @Test func `another expectation fails with 417, before the handler is asked`() {
        let talk = Talk.make()
        let actions = talk.receive(Self.post("Content-Length: 5\r\nExpect: 100-continue, x"))
        guard case .refuse(let refusal, let head?) = actions.last else {
            Issue.record("\(actions)")
            return
        }
        #expect(refusal.status == 417)
        #expect(head.method == "POST")
        #expect(talk.answer(Response(status: 417)).last != .close)
        #expect(talk.sent() == [.endSending])
    }

    @Test func `an announced body that is too large is refused before any of it`() {
        let talk = Talk.make()
        _ = talk.receive(Self.post("Content-Length: 5\r\nExpect: 100-continue"))
        #expect(
            talk.admit(4) == [
                .refuse(
                    .bodyTooLarge(bytesMax: 4),
                    .some(
                        .make(
                            "POST", "/",
                            fields: [
                                "Host": "a", "Content-Length": "5", "Expect": "100-continue",
                            ])))
            ])
    }

    @Test func `a chunked body is counted while it comes`() {
        let talk = Talk.make()
        _ = talk.receive(Self.post("Transfer-Encoding: chunked", "3\r\nabc\r\n"))
        #expect(talk.admit(4) == [])
        guard case .refuse(let refusal, _) = talk.receive("2\r\n").last else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.status == 413)
    }

    @Test func `little is read behind a head that is awaited, much of a body`() {
        let talk = Talk.make()
        #expect(talk.readBytesMax == Limits.headReadBytes)
        _ = talk.receive(Self.post("Content-Length: 8"))
        talk.conversation.admitted(.answer(Self.denied), at: talk.now)
        _ = talk.actions()
        _ = talk.sent()
        #expect(talk.readBytesMax == Limits.readBytes)
        _ = talk.receive("12345678")
        #expect(talk.readBytesMax == Limits.headReadBytes)
    }

    @Test func `a malformed request is refused in its turn, and ends the connection`() {
        let talk = Talk.make()
        _ = talk.receive(Self.get + "bad\r\n\r\n" + Self.get)
        _ = talk.admit()
        #expect(talk.answer(Self.ok) == [.send(Reply(response: Self.ok))])
        guard case .refuse(let refusal, nil) = talk.sent().last else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.status == 400)
        let bad = Response(status: 400)
        #expect(talk.answer(bad) == [.send(Reply(response: bad, closes: true))])
        #expect(talk.sent() == [.endSending])
    }

    // MARK: Ends

    @Test func `after an early answer bytes are thrown away until the client ends`() {
        let talk = Talk.make()
        _ = talk.receive(Self.post("Content-Length: 500"))
        _ = talk.admit(4)
        _ = talk.answer(Response(status: 413))
        #expect(talk.sent() == [.endSending])
        #expect(talk.wantsBytes)
        #expect(talk.receive("rest") == [])
        #expect(talk.end() == [.close])
        #expect(!talk.wantsBytes)
    }

    @Test func `bytes are thrown away up to a limit, and for a limited time`() {
        let limits = Limits.make {
            $0.lingerBytesMax = 10
            $0.lingerTime = .seconds(2)
        }
        for isSlow in [false, true] {
            let talk = Talk.make(limits: limits)
            _ = talk.serve("GET / HTTP/1.0\r\n\r\n", Self.ok)
            #expect(talk.receive("0123456789") == [])
            #expect((isSlow ? talk.pass(.seconds(2)) : talk.receive("x")) == [.close])
        }
    }

    @Test func `a client that ended its side is still answered, by a probe first`() {
        let talk = Talk.make()
        _ = talk.receive(Self.get)
        _ = talk.admit()
        talk.conversation.clientMayHaveLeft()
        #expect(talk.actions() == [.probe])
        #expect(talk.answer(Self.ok) == [.send(Reply(response: Self.ok, isBegun: true))])
        #expect(talk.sent() == [])
        #expect(talk.end() == [.close])
    }

    @Test func `a client that ended its side gets all its pipelined answers`() {
        let talk = Talk.make()
        _ = talk.receive(Self.get + Self.get)
        _ = talk.end()
        #expect(talk.admit().last == .probe)
        #expect(talk.answer(Self.ok) == [.send(Reply(response: Self.ok, isBegun: true))])
        #expect(talk.sent() == [.admit(.make())])
        #expect(talk.admit().last == .probe)
        #expect(
            talk.answer(Self.ok)
                == [.send(Reply(response: Self.ok, closes: true, isBegun: true))])
        #expect(talk.sent() == [.close])
    }

    @Test func `a broken connection closes at once, and late answers are dropped`() {
        let talk = Talk.make()
        _ = talk.receive(Self.get)
        _ = talk.admit()
        talk.conversation.failed()
        #expect(talk.actions() == [.close])
        #expect(talk.answer(Self.ok) == [])
        #expect(talk.deadline == nil)
    }

    @Test(arguments: ["", "\r\n"])
    func `an end between requests closes without a word`(before: String) {
        let talk = Talk.make()
        _ = talk.receive(before)
        #expect(talk.end() == [.close])
    }

    @Test(arguments: ["G", "GET / HTTP/1.1\r\n", post("Content-Length: 5", "hell")])
    func `an end within a request is refused`(raw: String) {
        let talk = Talk.make()
        _ = talk.receive(raw)
        _ = talk.admit()
        guard case .refuse(let refusal, _) = talk.end().last else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.code == "request_incomplete")
    }

    // MARK: The end of the server

    @Test func `a drained connection answers what has begun and closes`() {
        let talk = Talk.make()
        _ = talk.receive(Self.get)
        _ = talk.admit()
        talk.conversation.drain(at: talk.now)
        #expect(talk.answer(Self.ok) == [.send(Reply(response: Self.ok, closes: true))])
    }

    @Test func `a drained connection answers what was pipelined before it closes`() {
        let talk = Talk.make()
        _ = talk.receive(Self.get + Self.get)
        _ = talk.admit()
        talk.conversation.drain(at: talk.now)
        #expect(talk.answer(Self.ok) == [.send(Reply(response: Self.ok))])
        #expect(talk.sent() == [.admit(.make())])
        _ = talk.admit()
        #expect(talk.answer(Self.ok) == [.send(Reply(response: Self.ok, closes: true))])
    }

    @Test func `an idle connection may bring one more request while the server drains`() {
        let limits = Limits.make { $0.drainIdleTime = .seconds(1) }
        let silent = Talk.make(limits: limits, draining: true)
        #expect(silent.pass(.seconds(1)) == [.close])
        let late = Talk.make(limits: limits, draining: true)
        #expect(late.serve(Self.get, Self.ok)?.closes == true)
    }

    @Test func `a client too many is told so at once`() {
        let refusal = Refusal.tooManyConnections(3)
        let talk = Talk.make(refusal: refusal)
        #expect(talk.actions() == [.refuse(refusal, nil)])
        let busy = Response(status: 503)
        #expect(talk.answer(busy) == [.send(Reply(response: busy, closes: true))])
        #expect(talk.sent() == [.endSending])
    }

    @Test func `a request is begun from its first byte to its last answer`() {
        let talk = Talk.make()
        #expect(!talk.isServing)
        _ = talk.receive("GET / HTTP/1.0\r\n")
        #expect(talk.isServing)
        _ = talk.receive("\r\n")
        _ = talk.admit()
        _ = talk.answer(Self.ok)
        #expect(talk.isServing)
        _ = talk.sent()
        #expect(!talk.isServing)
    }
}
