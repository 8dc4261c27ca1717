/// What answers requests.
///
/// Called on the threads that serve sockets, or that answer: it must not block.
package protocol Handler: Sendable {
    /// Decides on a head alone, before any of the body is read (and before `100 Continue`).
    func admit(_ head: RequestHead) -> Admission
    /// Answers a whole request, now or later, by ``Exchange/respond(_:)``, exactly once.
    func handle(_ exchange: Exchange)
    /// Words for a request the server itself refuses (RFC 9110, 9112 or a limit).
    ///
    /// `head` is nil where none was understood.
    func response(to refusal: Refusal, head: RequestHead?) -> Response
}

/// The verdict on a head.
package enum Admission: Sendable {
    /// Read the body, up to so many bytes; more is refused with 413.
    case accept(bodyBytesMax: Int)
    /// Answer at once.
    ///
    /// The body is not read; the connection closes if one is on its way.
    case answer(Response)
}
