import Testing

@testable import HTTPServer

/// A conversation that begins with the handshake of TLS.
struct ConversationTLSTests {
    static func talk(refusal: Refusal? = nil, draining: Bool = false) -> Talk {
        let now = ContinuousClock.now
        let limits = Limits.make { $0.handshakeTime = .seconds(3) }
        let talk = Talk(
            conversation: Conversation(limits: limits, isSecured: true, refusal: refusal, at: now),
            now: now)
        if draining { talk.conversation.drain(at: now) }
        return talk
    }

    @Test func `nothing is read before the handshake is done`() {
        let talk = Self.talk()
        #expect(talk.actions() == [])
        #expect(talk.isSecuring)
        #expect(!talk.wantsBytes)
        talk.conversation.secured(at: talk.now)
        #expect(!talk.isSecuring)
        #expect(talk.wantsBytes)
        #expect(talk.receive(ConversationTests.get) == [.admit(.make())])
    }

    @Test func `a handshake has its time, and what follows its own`() {
        let late = Self.talk()
        #expect(late.pass(.seconds(2)) == [])
        #expect(late.pass(.seconds(1)) == [.close])
        let done = Self.talk()
        #expect(done.pass(.seconds(2)) == [])
        done.conversation.secured(at: done.now)
        #expect(done.pass(.seconds(59)) == [])
        #expect(done.pass(.seconds(1)) == [.close])
    }

    @Test func `a failed handshake ends as an answer does, without a reset`() {
        let talk = Self.talk()
        talk.conversation.handshakeFailed()
        #expect(talk.actions() == [.endSending])
        #expect(!talk.isServing)
        #expect(talk.end() == [.close])
    }

    @Test func `who speaks plainly is told so`() {
        let talk = Self.talk()
        talk.conversation.spokePlainly()
        let refusal = Refusal.malformed("This is a port for HTTPS; plain HTTP came.")
        #expect(talk.actions() == [.refuse(refusal, nil)])
    }

    @Test func `a client that cannot be served is told so behind the handshake`() {
        let talk = Self.talk(refusal: .tooManyConnections(1))
        #expect(talk.actions() == [])
        talk.conversation.secured(at: talk.now)
        #expect(talk.actions() == [.refuse(.tooManyConnections(1), nil)])
    }

    @Test func `a drain waits for a handshake as short as for a request`() {
        let talk = Self.talk(draining: true)
        #expect(talk.pass(.milliseconds(499)) == [])
        #expect(talk.pass(.milliseconds(1)) == [.close])
        let late = Self.talk()
        late.conversation.drain(at: late.now)
        late.conversation.secured(at: late.now)
        #expect(late.pass(.milliseconds(500)) == [.close])
    }
}
