extension Conversation {
    /// What the shell is to do.
    enum Action: Equatable {
        /// Ask the handler about this head; the verdict goes to ``admitted(_:at:)``.
        case admit(RequestHead)
        /// Ask the handler for words; they go to ``answer(_:at:)``.
        case refuse(Refusal, RequestHead?)
        /// Send `100 Continue`.
        case goOn
        /// Hand the request on; its answer goes to ``answer(_:at:)``.
        case handle(Request)
        /// Send the first bytes of the answer that is still to come.
        case probe
        /// Send this and tell ``sent(at:)`` once the last byte is gone.
        case send(Reply)
        /// End our side of the connection.
        case endSending
        /// Close; nothing follows.
        case close
    }

    /// A whole request.
    struct Request: Equatable {
        let head: RequestHead
        let body: [UInt8]
        let receivedAt: Instant
    }
}
