/// One part of a `multipart/form-data` body (RFC 7578).
package struct Part: Sendable, Equatable {
    package let name: String
    package let filename: String?
    package let contentType: String?
    /// Where the content lies in the body.
    package let content: Range<Int>
}

/// Finds the parts of a form, copying nothing.
package enum Multipart {
    /// - Parameters:
    ///   - contentType: the request's, with its `boundary` (RFC 2046 §5.1.1).
    package static func parts(
        of body: Span<UInt8>, contentType: String, partsMax: Int
    ) throws(Refusal) -> [Part] { fatalError("stub") }
}
