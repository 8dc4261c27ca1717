import Testing

@testable import HTTPServer

struct BodyBudgetTests {
    @Test func `what is held is counted, and goes back`() throws {
        let budget = BodyBudget(bytesMax: 100)
        var first: BodyHold? = BodyHold(BodyShare(of: budget))
        let second = BodyHold(BodyShare(of: budget))
        try first?.hold(60)
        try second.hold(40)
        #expect(budget.bytesTaken == 100)
        #expect(throws: Refusal.tooManyBodies(bytesMax: 100)) { try second.hold(41) }
        #expect(budget.bytesTaken == 100)
        try first?.hold(10)
        try second.hold(90)
        #expect(budget.bytesTaken == 100)
        first = nil
        #expect(budget.bytesTaken == 90)
        _ = consume second
        #expect(budget.bytesTaken == 0)
    }

    /// What a few large bodies that drip did: they filled what was everyone's.
    @Test func `a client's bodies are refused beyond its share, on whatever connection`() throws {
        let budget = BodyBudget(bytesMax: 100, bytesPerClientMax: 30)
        let first = BodyHold(budget.share(of: .a))
        let second = BodyHold(budget.share(of: .a))
        let other = BodyHold(budget.share(of: .b))
        try first.hold(20)
        #expect(throws: Refusal.tooManyBodiesOfClient(bytesMax: 30)) { try second.hold(11) }
        try second.hold(10)
        try other.hold(30)
        #expect(budget.bytesTaken == 60)
        try first.hold(0)
        try second.hold(30)
        #expect(budget.bytesTaken == 60)
    }

    @Test
    func `what all may hold bounds a client's share too, and is given back where it is refused`()
        throws
    {
        let budget = BodyBudget(bytesMax: 40, bytesPerClientMax: 30)
        let first = BodyHold(budget.share(of: .a))
        let other = BodyHold(budget.share(of: .b))
        try first.hold(30)
        #expect(throws: Refusal.tooManyBodies(bytesMax: 40)) { try other.hold(11) }
        #expect(budget.bytesTaken == 30)
        try first.hold(10)
        try other.hold(30)
    }

    @Test func `a share lives as long as its client's connections`() {
        let budget = BodyBudget(bytesMax: 100, bytesPerClientMax: 30)
        var first: BodyShare? = budget.share(of: .a)
        var second: BodyShare? = budget.share(of: .a)
        #expect(budget.clientCount == 1)
        first = nil
        #expect(budget.clientCount == 1)
        second = nil
        #expect(budget.clientCount == 0)
        _ = (first, second)
    }

    /// A body that came in half, and one whose last bytes find no room.
    @Test func `a body beyond the budget is refused, and keeps nothing`() {
        let budget = BodyBudget(bytesMax: 10)
        func talk() -> Talk {
            let now = ContinuousClock.now
            return Talk(
                conversation: Conversation(
                    limits: Limits(), bodyShare: BodyShare(of: budget), at: now), now: now)
        }
        let first = talk()
        _ = first.receive(ConversationTests.post("Content-Length: 8", "1234"))
        #expect(first.admit() == [])
        #expect(budget.bytesTaken == 4)
        let second = talk()
        _ = second.receive(ConversationTests.post("Content-Length: 8", "1234567"))
        guard case .refuse(let refusal, _)? = second.admit().last else {
            Issue.record("it was not refused")
            return
        }
        #expect(refusal == .tooManyBodies(bytesMax: 10))
        #expect(budget.bytesTaken == 4)
        _ = first.receive("5678")
        #expect(budget.bytesTaken == 0)  // whole, and the handler's
    }

    @Test func `an announcement takes nothing`() {
        let budget = BodyBudget(bytesMax: 10)
        let now = ContinuousClock.now
        let talk = Talk(
            conversation: Conversation(
                limits: Limits(), bodyShare: BodyShare(of: budget), at: now), now: now)
        _ = talk.receive(ConversationTests.post("Content-Length: 1000"))
        #expect(talk.admit() == [])
        #expect(budget.bytesTaken == 0)
    }

    @Test func `what a body becomes is counted too`() throws {
        let zeros = [UInt8](repeating: 0, count: 5000)
        let small = try ContentCodingTests.packed(zeros, .gzip)
        let budget = BodyBudget(bytesMax: 4000)
        var reader = RequestReader(limits: Limits(), bodyShare: BodyShare(of: budget))
        try reader.beginBody(.length(small.count), .gzip, bytesMax: 100_000)
        reader.receive(small.span)
        #expect(throws: Refusal.tooManyBodies(bytesMax: 4000)) { try reader.finishBody() }
        reader.dropBody()
        #expect(budget.bytesTaken == 0)
    }

    @Test(arguments: [false, true])
    func `the memory that connections can take follows the limits`(isSecured: Bool) {
        let limits = Limits.make {
            $0.connectionsMax = 100
            $0.turnedAwayMax = 0
            $0.headerBytesMax = 1024
            $0.bodiesBytesMax = 1_000_000
        }
        let connection = 64 * 1024 + 4 * 1024 + (isSecured ? 96 * 1024 : 0)
        #expect(limits.memoryBytesMax(isSecured: isSecured) == 100 * connection + 1_000_000)
    }
}
