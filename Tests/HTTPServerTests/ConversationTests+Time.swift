import Testing

@testable import HTTPServer

/// What is slow, or says nothing.
extension ConversationTests {
    @Test(arguments: ["", "\r\n"])
    func `an idle connection closes without a word`(raw: String) {
        let talk = Talk.make(limits: .make { $0.idleTime = .seconds(60) })
        _ = talk.receive(raw)
        #expect(talk.pass(.seconds(59)) == [])
        #expect(talk.pass(.seconds(1)) == [.close])
    }

    @Test func `a head that drips is answered 408`() {
        let talk = Talk.make(limits: .make { $0.headerTime = .seconds(10) })
        #expect(talk.pass(.seconds(50)) == [])
        #expect(talk.receive("G") == [])
        #expect(talk.pass(.seconds(9)) == [])
        #expect(talk.receive("E") == [])
        #expect(talk.pass(.seconds(1)).first.map(Self.status) == 408)
    }

    @Test func `a body that drips is answered 408`() {
        let talk = Talk.make(limits: .make { $0.bodyTime = .seconds(10) })
        _ = talk.receive(Self.post("Content-Length: 5"))
        _ = talk.admit()
        #expect(talk.pass(.seconds(9)) == [])
        #expect(talk.receive("h") == [])
        #expect(talk.pass(.seconds(1)).first.map(Self.status) == 408)
    }

    @Test func `a body may come slowly for a while, and then at a rate`() {
        let talk = Talk.make(
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
        let talk = Talk.make(
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
        let talk = Talk.make(
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
        let talk = Talk.make(limits: .make { $0.writeTime = .seconds(30) })
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
        let talk = Talk.make(limits: .make { $0.idleTime = .seconds(60) })
        _ = talk.serve(Self.post("Content-Length: 5", "hello\r\n"), Self.ok)
        #expect(!talk.isServing)
        #expect(talk.pass(.seconds(59)) == [])
        #expect(talk.pass(.seconds(1)) == [.close])
    }
}
