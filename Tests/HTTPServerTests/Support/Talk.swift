@testable import HTTPServer

/// A conversation, its clock, and what it did.
final class Talk {
    typealias Action = Conversation.Action

    var conversation: Conversation
    var now: Conversation.Instant

    init(conversation: consuming Conversation, now: Conversation.Instant) {
        self.conversation = conversation
        self.now = now
    }

    static func make(
        limits: Limits = Limits(), refusal: Refusal? = nil, draining: Bool = false
    ) -> Talk {
        let now = ContinuousClock.now
        let talk = Talk(
            conversation: Conversation(limits: limits, refusal: refusal, at: now), now: now)
        if draining { talk.conversation.drain(at: now) }
        return talk
    }

    /// The actions until the next event.
    func actions() -> [Action] {
        var actions: [Action] = []
        while let action = conversation.next(at: now) { actions.append(action) }
        return actions
    }

    func receive(_ text: String) -> [Action] {
        conversation.received([UInt8].make(text).span, at: now)
        return actions()
    }

    func end() -> [Action] {
        conversation.receivedEnd()
        return actions()
    }

    func admit(_ bodyBytesMax: Int = 1000) -> [Action] {
        conversation.admitted(.accept(bodyBytesMax: bodyBytesMax), at: now)
        return actions()
    }

    func answer(_ response: Response) -> [Action] {
        conversation.answer(response)
        return actions()
    }

    func sent() -> [Action] {
        conversation.sent(at: now)
        return actions()
    }

    /// Time passes; the deadline is minded.
    func pass(_ duration: Duration) -> [Action] {
        now += duration
        conversation.elapsed(at: now)
        return actions()
    }

    /// A whole request, admitted, answered and sent.
    func serve(_ text: String, _ response: Response) -> Reply? {
        _ = receive(text)
        _ = admit()
        let actions = answer(response)
        _ = sent()
        guard case .send(let reply) = actions.last else { return nil }
        return reply
    }
}

/// What `#expect` could not ask of a conversation itself, which is never copied.
extension Talk {
    var deadline: Conversation.Instant? { conversation.deadline }
    var isSecuring: Bool { conversation.isSecuring }
    var isServing: Bool { conversation.isServing }
    var readBytesMax: Int { conversation.readBytesMax }
    var takesBodyDirectly: Bool { conversation.takesBodyDirectly }
    var wantsBytes: Bool { conversation.wantsBytes }
}
