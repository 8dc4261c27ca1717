import Testing

@testable import HTTPServer

/// A conversation, its clock, and what it did.
struct Talk {
    typealias Action = Conversation.Action

    var conversation: Conversation
    var now: Conversation.Instant

    static func make(
        limits: Limits = Limits(), refusal: Refusal? = nil, draining: Bool = false
    ) -> Talk {
        let now = ContinuousClock.now
        var talk = Talk(
            conversation: Conversation(limits: limits, refusal: refusal, at: now), now: now)
        if draining { talk.conversation.drain(at: now) }
        return talk
    }

    /// The actions until the next event.
    mutating func actions() -> [Action] {
        var actions: [Action] = []
        while let action = conversation.next(at: now) { actions.append(action) }
        return actions
    }

    mutating func receive(_ text: String) -> [Action] {
        conversation.received([UInt8].make(text).span, at: now)
        return actions()
    }

    mutating func end() -> [Action] {
        conversation.receivedEnd()
        return actions()
    }

    mutating func admit(_ bodyBytesMax: Int = 1000) -> [Action] {
        conversation.admitted(.accept(bodyBytesMax: bodyBytesMax), at: now)
        return actions()
    }

    mutating func answer(_ response: Response) -> [Action] {
        conversation.answer(response)
        return actions()
    }

    mutating func sent() -> [Action] {
        conversation.sent(at: now)
        return actions()
    }

    /// Time passes; the deadline is minded.
    mutating func pass(_ duration: Duration) -> [Action] {
        now += duration
        conversation.elapsed(at: now)
        return actions()
    }

    /// A whole request, admitted, answered and sent.
    mutating func serve(_ text: String, _ response: Response) -> Reply? {
        _ = receive(text)
        _ = admit()
        let actions = answer(response)
        _ = sent()
        guard case .send(let reply) = actions.last else { return nil }
        return reply
    }
}

struct ConversationTests {
    static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    static let ok = Response(status: 200)
    static let post = RequestHead.make(
        "POST", "/", fields: ["Host": "a", "Content-Length": "5"])

    static func post(_ fields: String, _ body: String = "") -> String {
        "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
    }

    // MARK: Requests

    @Test func `a request is admitted, handed on, answered, and the connection stays`() {
        var talk = Talk.make()
        #expect(talk.receive(Self.get) == [.admit(.make())])
        #expect(
            talk.admit() == [.handle(.init(head: .make(), body: [], receivedAt: talk.now))])
        #expect(!talk.conversation.wantsBytes)
        #expect(talk.answer(Self.ok) == [.send(Reply(response: Self.ok))])
        #expect(talk.sent() == [])
        #expect(talk.conversation.wantsBytes)
        #expect(talk.receive(Self.get) == [.admit(.make())])
    }

    @Test(arguments: [
        ("Content-Length: 5", "hello"), ("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"),
    ])
    func `a body is handed on whole, however it comes`(field: String, body: String) {
        let raw = Self.post(field, body)
        for cut in 0...raw.utf8.count {
            var talk = Talk.make()
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
        var talk = Talk.make()
        _ = talk.receive(Self.post("Content-Length: 5", "he"))
        #expect(talk.admit() == [])
        #expect(talk.conversation.takesBodyDirectly)
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
        var talk = Talk.make(limits: limits)
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
        var talk = Talk.make()
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
        var talk = Talk.make()
        let reply = talk.serve("GET / \(version)\r\nHost: a\r\n\(field)\r\n", Self.ok)
        #expect(reply == Reply(response: Self.ok, closes: closes, statesKeepAlive: states))
    }

    @Test func `HEAD is answered without a body`() {
        var talk = Talk.make()
        let reply = talk.serve("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", Self.ok)
        #expect(reply?.omitsBody == true)
    }

    @Test func `a connection closes after its last permitted request`() {
        var talk = Talk.make(limits: .make { $0.requestsPerConnectionMax = 2 })
        #expect(talk.serve(Self.get, Self.ok)?.closes == false)
        #expect(talk.serve(Self.get, Self.ok)?.closes == true)
    }

    // MARK: Expectations and early answers

    @Test func `100 Continue is sent only after admission`() {
        var talk = Talk.make()
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
        var talk = Talk.make()
        _ = talk.receive(raw)
        #expect(!talk.admit().contains(.goOn))
    }

    @Test func `another expectation fails with 417, before the handler is asked`() {
        var talk = Talk.make()
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
        var talk = Talk.make()
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
        var talk = Talk.make()
        _ = talk.receive(Self.post("Transfer-Encoding: chunked", "3\r\nabc\r\n"))
        #expect(talk.admit(4) == [])
        guard case .refuse(let refusal, _) = talk.receive("2\r\n").last else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.status == 413)
    }

    static let denied = Response(status: 404)

    @Test(arguments: [
        ("Content-Length: 0", false), ("Content-Length: 8", false), ("Content-Length: 9", true),
        ("Content-Length: 8\r\nExpect: 100-continue", true), ("Transfer-Encoding: chunked", true),
    ])
    func `an answer to the head closes only before a body that is large or may not come`(
        field: String, closes: Bool
    ) {
        var talk = Talk.make(limits: .make { $0.skippedBytesMax = 8 })
        _ = talk.receive(Self.post(field))
        talk.conversation.admitted(.answer(Self.denied), at: talk.now)
        #expect(talk.actions() == [.send(Reply(response: Self.denied, closes: closes))])
    }

    @Test(arguments: 0...7)
    func `the next request is read behind a body that nobody wanted, wherever that is cut`(
        come: Int
    ) {
        var talk = Talk.make()
        let body = "GET / HT"
        _ = talk.receive(Self.post("Content-Length: 8", String(body.prefix(come))))
        talk.conversation.admitted(.answer(Self.denied), at: talk.now)
        #expect(talk.actions() == [.send(Reply(response: Self.denied))])
        #expect(talk.sent() == [])
        #expect(!talk.conversation.isServing)
        let next = RequestHead.make("GET", "/", fields: ["Host": "a"])
        #expect(talk.receive(body.dropFirst(come) + Self.get) == [.admit(next)])
    }

    /// Closing at once would reset the connection, for bytes are unread, and could destroy the answer
    /// that the client, who still sends, has not looked at.
    @Test func `who is slow with a body that nobody wanted is parted from, and not cut off`() {
        var talk = Talk.make(limits: .make { $0.idleTime = .seconds(2) })
        _ = talk.receive(Self.post("Content-Length: 8"))
        talk.conversation.admitted(.answer(Self.denied), at: talk.now)
        _ = talk.actions()
        _ = talk.sent()
        #expect(talk.pass(.seconds(1)) == [])
        #expect(talk.receive("GET") == [])
        #expect(talk.pass(.seconds(1)) == [.endSending])
        #expect(talk.conversation.wantsBytes)
        #expect(talk.receive("/more") == [])
        #expect(talk.end() == [.close])
    }

    @Test func `a connection is idle from the end of a body that nobody wanted`() {
        var talk = Talk.make(limits: .make { $0.idleTime = .seconds(2) })
        _ = talk.receive(Self.post("Content-Length: 8"))
        talk.conversation.admitted(.answer(Self.denied), at: talk.now)
        _ = talk.actions()
        _ = talk.sent()
        #expect(talk.pass(.seconds(1)) == [])
        #expect(talk.receive("12345678") == [])
        #expect(talk.pass(.seconds(1)) == [])
        #expect(talk.pass(.seconds(1)) == [.close])
    }

    @Test func `a drain parts from who still sends a body that nobody wanted`() {
        var talk = Talk.make(limits: .make { $0.drainIdleTime = .seconds(1) })
        _ = talk.receive(Self.post("Content-Length: 8", "GET"))
        talk.conversation.admitted(.answer(Self.denied), at: talk.now)
        _ = talk.actions()
        _ = talk.sent()
        talk.conversation.drain(at: talk.now)
        #expect(talk.pass(.seconds(1)) == [.endSending])
        #expect(talk.end() == [.close])
    }

    @Test func `a client that ends within a body that nobody wanted is closed without a word`() {
        var talk = Talk.make()
        _ = talk.receive(Self.post("Content-Length: 8", "GET"))
        talk.conversation.admitted(.answer(Self.denied), at: talk.now)
        _ = talk.actions()
        _ = talk.sent()
        #expect(talk.end() == [.close])
    }

    @Test func `a drain ends the connection behind a body that nobody wanted`() {
        var talk = Talk.make(draining: true)
        _ = talk.receive(Self.post("Content-Length: 8", "GET"))
        talk.conversation.admitted(.answer(Self.denied), at: talk.now)
        #expect(talk.actions() == [.send(Reply(response: Self.denied, closes: true))])
    }

    @Test func `little is read behind a head that is awaited, much of a body`() {
        var talk = Talk.make()
        #expect(talk.conversation.readBytesMax == Limits.headReadBytes)
        _ = talk.receive(Self.post("Content-Length: 8"))
        talk.conversation.admitted(.answer(Self.denied), at: talk.now)
        _ = talk.actions()
        _ = talk.sent()
        #expect(talk.conversation.readBytesMax == Limits.readBytes)
        _ = talk.receive("12345678")
        #expect(talk.conversation.readBytesMax == Limits.headReadBytes)
    }

    @Test func `a malformed request is refused in its turn, and ends the connection`() {
        var talk = Talk.make()
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
        var talk = Talk.make()
        _ = talk.receive(Self.post("Content-Length: 500"))
        _ = talk.admit(4)
        _ = talk.answer(Response(status: 413))
        #expect(talk.sent() == [.endSending])
        #expect(talk.conversation.wantsBytes)
        #expect(talk.receive("rest") == [])
        #expect(talk.end() == [.close])
        #expect(!talk.conversation.wantsBytes)
    }

    @Test func `bytes are thrown away up to a limit, and for a limited time`() {
        let limits = Limits.make {
            $0.lingerBytesMax = 10
            $0.lingerTime = .seconds(2)
        }
        for isSlow in [false, true] {
            var talk = Talk.make(limits: limits)
            _ = talk.serve("GET / HTTP/1.0\r\n\r\n", Self.ok)
            #expect(talk.receive("0123456789") == [])
            #expect((isSlow ? talk.pass(.seconds(2)) : talk.receive("x")) == [.close])
        }
    }

    @Test func `a client that ended its side is still answered, by a probe first`() {
        var talk = Talk.make()
        _ = talk.receive(Self.get)
        _ = talk.admit()
        talk.conversation.clientMayHaveLeft()
        #expect(talk.actions() == [.probe])
        #expect(talk.answer(Self.ok) == [.send(Reply(response: Self.ok, isBegun: true))])
        #expect(talk.sent() == [])
        #expect(talk.end() == [.close])
    }

    @Test func `a client that ended its side gets all its pipelined answers`() {
        var talk = Talk.make()
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
        var talk = Talk.make()
        _ = talk.receive(Self.get)
        _ = talk.admit()
        talk.conversation.failed()
        #expect(talk.actions() == [.close])
        #expect(talk.answer(Self.ok) == [])
        #expect(talk.conversation.deadline == nil)
    }

    @Test(arguments: ["", "\r\n"])
    func `an end between requests closes without a word`(before: String) {
        var talk = Talk.make()
        _ = talk.receive(before)
        #expect(talk.end() == [.close])
    }

    @Test(arguments: ["G", "GET / HTTP/1.1\r\n", post("Content-Length: 5", "hell")])
    func `an end within a request is refused`(raw: String) {
        var talk = Talk.make()
        _ = talk.receive(raw)
        _ = talk.admit()
        guard case .refuse(let refusal, _) = talk.end().last else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.code == "request_incomplete")
    }

    // MARK: Time

    @Test(arguments: ["", "\r\n"])
    func `an idle connection closes without a word`(raw: String) {
        var talk = Talk.make(limits: .make { $0.idleTime = .seconds(60) })
        _ = talk.receive(raw)
        #expect(talk.pass(.seconds(59)) == [])
        #expect(talk.pass(.seconds(1)) == [.close])
    }

    @Test func `a head that drips is answered 408`() {
        var talk = Talk.make(limits: .make { $0.headerTime = .seconds(10) })
        #expect(talk.pass(.seconds(50)) == [])
        #expect(talk.receive("G") == [])
        #expect(talk.pass(.seconds(9)) == [])
        #expect(talk.receive("E") == [])
        #expect(talk.pass(.seconds(1)).first.map(Self.status) == 408)
    }

    @Test func `a body that drips is answered 408`() {
        var talk = Talk.make(limits: .make { $0.bodyTime = .seconds(10) })
        _ = talk.receive(Self.post("Content-Length: 5"))
        _ = talk.admit()
        #expect(talk.pass(.seconds(9)) == [])
        #expect(talk.receive("h") == [])
        #expect(talk.pass(.seconds(1)).first.map(Self.status) == 408)
    }

    @Test func `a body may come slowly for a while, and then at a rate`() {
        var talk = Talk.make(
            limits: .make {
                $0.bodyTime = .seconds(60)
                $0.bodyLeisureTime = .seconds(10)
                $0.bodyRateMin = 2
            })
        _ = talk.receive(Self.post("Content-Length: 50"))
        _ = talk.admit()
        #expect(talk.pass(.seconds(9)) == [])
        #expect(talk.receive("0123456789") == [])
        // Ten bytes bought five seconds more.
        #expect(talk.pass(.seconds(5)) == [])
        #expect(talk.pass(.milliseconds(999)) == [])
        let actions = talk.pass(.milliseconds(1))
        #expect(actions.first.map(Self.status) == 408)
    }

    @Test func `bytes in chunks buy time, and none buys more than there is`() {
        var talk = Talk.make(
            limits: .make {
                $0.bodyTime = .seconds(60)
                $0.bodyLeisureTime = .seconds(10)
                $0.bodyRateMin = 1
            })
        _ = talk.receive(Self.post("Transfer-Encoding: chunked"))
        _ = talk.admit()
        #expect(talk.receive("28\r\n" + String(repeating: "a", count: 40) + "\r\n") == [])
        #expect(talk.pass(.seconds(55)) == [])
        #expect(talk.receive("28\r\n" + String(repeating: "a", count: 40) + "\r\n") == [])
        #expect(talk.pass(.milliseconds(4_999)) == [])
        #expect(talk.pass(.milliseconds(1)).first.map(Self.status) == 408)
    }

    @Test func `without a rate, a body may drip to the end of its time`() {
        var talk = Talk.make(
            limits: .make {
                $0.bodyTime = .seconds(60)
                $0.bodyRateMin = 0
            })
        _ = talk.receive(Self.post("Content-Length: 5"))
        _ = talk.admit()
        #expect(talk.pass(.seconds(59)) == [])
        #expect(talk.pass(.seconds(1)).first.map(Self.status) == 408)
    }

    @Test func `an answer has no deadline but the handler's, its reading has one`() {
        var talk = Talk.make(limits: .make { $0.writeTime = .seconds(30) })
        _ = talk.receive(Self.get)
        _ = talk.admit()
        #expect(talk.pass(.seconds(1000)) == [])
        _ = talk.answer(Self.ok)
        #expect(talk.pass(.seconds(29)) == [])
        #expect(talk.pass(.seconds(1)) == [.close])
    }

    static func status(_ action: Conversation.Action) -> Int? {
        if case .refuse(let refusal, _) = action { refusal.status } else { nil }
    }

    @Test func `a line end behind a body begins no request`() {
        // Old clients send one; it was taken for a slow head and answered 408.
        var talk = Talk.make(limits: .make { $0.idleTime = .seconds(60) })
        _ = talk.serve(Self.post("Content-Length: 5", "hello\r\n"), Self.ok)
        #expect(!talk.conversation.isServing)
        #expect(talk.pass(.seconds(59)) == [])
        #expect(talk.pass(.seconds(1)) == [.close])
    }

    // MARK: The end of the server

    @Test func `a drained connection answers what has begun and closes`() {
        var talk = Talk.make()
        _ = talk.receive(Self.get)
        _ = talk.admit()
        talk.conversation.drain(at: talk.now)
        #expect(talk.answer(Self.ok) == [.send(Reply(response: Self.ok, closes: true))])
    }

    @Test func `a drained connection answers what was pipelined before it closes`() {
        var talk = Talk.make()
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
        var silent = Talk.make(limits: limits, draining: true)
        #expect(silent.pass(.seconds(1)) == [.close])
        var late = Talk.make(limits: limits, draining: true)
        #expect(late.serve(Self.get, Self.ok)?.closes == true)
    }

    @Test func `a client too many is told so at once`() {
        let refusal = Refusal.tooManyConnections(3)
        var talk = Talk.make(refusal: refusal)
        #expect(talk.actions() == [.refuse(refusal, nil)])
        let busy = Response(status: 503)
        #expect(talk.answer(busy) == [.send(Reply(response: busy, closes: true))])
        #expect(talk.sent() == [.endSending])
    }

    @Test func `a request is begun from its first byte to its last answer`() {
        var talk = Talk.make()
        #expect(!talk.conversation.isServing)
        _ = talk.receive("GET / HTTP/1.0\r\n")
        #expect(talk.conversation.isServing)
        _ = talk.receive("\r\n")
        _ = talk.admit()
        _ = talk.answer(Self.ok)
        #expect(talk.conversation.isServing)
        _ = talk.sent()
        #expect(!talk.conversation.isServing)
    }
}
