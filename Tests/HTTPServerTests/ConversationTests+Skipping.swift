import Testing

@testable import HTTPServer

/// Bodies that nobody wanted.
extension ConversationTests {
    /// A talk in which a body of 8 bytes was answered before more of it than `come` was there.
    private static func turnedAway(come: String = "", limits: Limits = Limits()) -> Talk {
        let talk = Talk.make(limits: limits)
        _ = talk.receive(post("Content-Length: 8", come))
        talk.conversation.admitted(.answer(denied), at: talk.now)
        _ = talk.actions()
        _ = talk.sent()
        return talk
    }

    @Test(arguments: [
        ("Content-Length: 0", false), ("Content-Length: 8", false), ("Content-Length: 9", true),
        ("Content-Length: 8\r\nExpect: 100-continue", true), ("Transfer-Encoding: chunked", true),
    ])
    func `an answer to the head closes only before a body that is large or may not come`(
        field: String, closes: Bool
    ) {
        let talk = Talk.make(limits: .make { $0.skippedBytesMax = 8 })
        _ = talk.receive(Self.post(field))
        talk.conversation.admitted(.answer(Self.denied), at: talk.now)
        #expect(talk.actions() == [.send(Reply(response: Self.denied, closes: closes))])
    }

    @Test(arguments: 0...7)
    func `the next request is read behind a body that nobody wanted, wherever that is cut`(
        come: Int
    ) {
        let talk = Talk.make()
        let body = "GET / HT"
        _ = talk.receive(Self.post("Content-Length: 8", String(body.prefix(come))))
        talk.conversation.admitted(.answer(Self.denied), at: talk.now)
        #expect(talk.actions() == [.send(Reply(response: Self.denied))])
        #expect(talk.sent() == [])
        #expect(!talk.isServing)
        let next = RequestHead.make("GET", "/", fields: ["Host": "a"])
        #expect(talk.receive(body.dropFirst(come) + Self.get) == [.admit(next)])
    }

    /// Closing at once would reset the connection, for bytes are unread, and could destroy the answer
    /// that the client, who still sends, has not looked at.
    @Test func `who is slow with a body that nobody wanted is parted from, and not cut off`() {
        let talk = Self.turnedAway(limits: .make { $0.idleTime = .seconds(2) })
        #expect(talk.pass(.seconds(1)) == [])
        #expect(talk.receive("GET") == [])
        #expect(talk.pass(.seconds(1)) == [.endSending])
        #expect(talk.wantsBytes)
        #expect(talk.receive("/more") == [])
        #expect(talk.end() == [.close])
    }

    @Test func `a connection is idle from the end of a body that nobody wanted`() {
        let talk = Self.turnedAway(limits: .make { $0.idleTime = .seconds(2) })
        #expect(talk.pass(.seconds(1)) == [])
        #expect(talk.receive("12345678") == [])
        #expect(talk.pass(.seconds(1)) == [])
        #expect(talk.pass(.seconds(1)) == [.close])
    }

    @Test func `a drain parts from who still sends a body that nobody wanted`() {
        let talk = Self.turnedAway(come: "GET", limits: .make { $0.drainIdleTime = .seconds(1) })
        talk.conversation.drain(at: talk.now)
        #expect(talk.pass(.seconds(1)) == [.endSending])
        #expect(talk.end() == [.close])
    }

    @Test func `a client that ends within a body that nobody wanted is closed without a word`() {
        let talk = Self.turnedAway(come: "GET")
        #expect(talk.end() == [.close])
    }

    @Test func `a drain ends the connection behind a body that nobody wanted`() {
        let talk = Talk.make(draining: true)
        _ = talk.receive(Self.post("Content-Length: 8", "GET"))
        talk.conversation.admitted(.answer(Self.denied), at: talk.now)
        #expect(talk.actions() == [.send(Reply(response: Self.denied, closes: true))])
    }
}
