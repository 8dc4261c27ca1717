/// An answer.
///
/// The server adds `Content-Length`, `Date`, `Connection`, and drops the body for HEAD.
package struct Response: Sendable, Equatable {
    /// A final status, 200 … 599.
    package var status: Int
    /// What the service says beside the body.
    ///
    /// Fields that the server writes itself are skipped; control bytes in a value become spaces, so
    /// that no value can begin a line of its own.
    package var fields: Fields
    /// The content; not sent with 204 and 304 (RFC 9110 §6.4.1), nor for HEAD.
    package var body: [UInt8]

    /// An answer of these parts.
    package init(status: Int, fields: Fields = [:], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}
