/// Why a picture that was admitted is dropped before its pass through the network.
enum Cancellation: String, CaseIterable, Sendable {
    /// The client has gone: nobody reads the answer.
    case clientGone = "client_gone"
    /// It could not be begun in the time that its client gives.
    case deadline
    /// Another picture of the same request failed, and with it the request.
    case requestFailed = "request_failed"
}
