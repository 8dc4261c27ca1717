/// What answers requests. Called on connection queues: it must not block.
package protocol Handler: Sendable {
    /// Decides on a head alone, before any of the body is read (and before `100 Continue`).
    func admit(_ head: RequestHead) -> Admission
    /// Answers a whole request, now or later, by ``Exchange/respond(_:)``, exactly once.
    func handle(_ exchange: Exchange)
    /// Words for a request the server itself refuses (RFC 9110, 9112 or a limit).
    func response(to refusal: Refusal, head: RequestHead?) -> Response
}

/// The verdict on a head.
package enum Admission: Sendable {
    /// Read the body, up to so many bytes; more is refused with 413.
    case accept(bodyBytesMax: Int)
    /// Answer at once. The body is not read; the connection closes if one is on its way.
    case answer(Response)
}

/// One request and the way to answer it.
package final class Exchange: Sendable {
    package let head: RequestHead
    package let body: [UInt8]
    package let receivedAt: ContinuousClock.Instant  // the head's first byte

    package init(
        head: RequestHead, body: [UInt8], receivedAt: ContinuousClock.Instant,
        respond: @escaping @Sendable (Response) -> Void
    ) {
        fatalError("stub")
    }

    /// Sends the answer; from any thread. A second call is a bug of ours and traps.
    package func respond(_ response: Response) { fatalError("stub") }

    /// Whether the client has gone, so that work for it may be dropped.
    package var isAbandoned: Bool { fatalError("stub") }
}

/// A request that the server does not hand on, and why.
package struct Refusal: Error, Equatable, Sendable {
    package let status: Int
    /// A stable word for programs, such as `header_too_large`.
    package let code: String
    /// What was wrong and what is accepted, for people.
    package let detail: String

    package init(status: Int, code: String, detail: String) {
        self.status = status
        self.code = code
        self.detail = detail
    }
}
