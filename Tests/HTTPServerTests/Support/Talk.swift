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
