/// A request that the server does not hand on, and why.
package struct Refusal: Error, Equatable, Sendable {
    /// The status to answer with.
    package let status: Int
    /// A stable word for programs, such as `header_too_large`.
    package let code: String
    /// What was wrong and what is accepted, for people.
    package let detail: String
    /// Header fields that belong to the status.
    package let fields: Fields

    /// A refusal in these words.
    package init(status: Int, code: String, detail: String, fields: Fields = [:]) {
        self.status = status
        self.code = code
        self.detail = detail
        self.fields = fields
    }
}

/// Every refusal of this module, so that a status and its code always go together.
extension Refusal {
    /// The bytes break a rule of HTTP: where they end cannot be trusted, so the connection closes.
    static func malformed(_ detail: String) -> Refusal {
        Refusal(status: 400, code: "request_malformed", detail: detail)
    }

    static func incomplete(_ detail: String) -> Refusal {
        Refusal(status: 400, code: "request_incomplete", detail: detail)
    }

    static func multipart(_ detail: String) -> Refusal {
        Refusal(status: 400, code: "multipart_malformed", detail: detail)
    }

    static func timeout(_ detail: String) -> Refusal {
        Refusal(status: 408, code: "request_timeout", detail: detail)
    }

    static func bodyTooLarge(bytesMax: Int) -> Refusal {
        Refusal(
            status: 413, code: "body_too_large",
            detail: "The body is too large: at most \(bytesMax) bytes are accepted here.")
    }

    static func targetTooLong(bytesMax: Int) -> Refusal {
        Refusal(
            status: 414, code: "uri_too_long",
            detail: "The request target is too long: at most \(bytesMax) bytes are accepted.")
    }

    /// RFC 9110 §12.5.3: `Accept-Encoding` says what would have been taken.
    static let contentCoding = Refusal(
        status: 415, code: "unsupported_content_encoding",
        detail: "The Content-Encoding is not accepted: one of \(ContentCoding.accepted) is.",
        fields: ["Accept-Encoding": ContentCoding.accepted])

    static func encodedBody(_ detail: String) -> Refusal {
        Refusal(status: 400, code: "malformed_content_encoding", detail: detail)
    }

    static let expectation = Refusal(
        status: 417, code: "expectation_failed",
        detail: "The only expectation that can be met is '100-continue'.")

    static func headerTooLarge(_ detail: String) -> Refusal {
        Refusal(status: 431, code: "header_too_large", detail: detail)
    }

    static func notImplemented(_ code: String, _ detail: String) -> Refusal {
        Refusal(status: 501, code: code, detail: detail)
    }

    static func tooManyConnections(_ most: Int) -> Refusal {
        Refusal(
            status: 503, code: "too_many_connections",
            detail: "All \(most) connections are in use; try again shortly.",
            fields: ["Retry-After": "1"])
    }

    static func tooManyOfClient(_ most: Int) -> Refusal {
        Refusal(
            status: 429, code: "too_many_connections_of_client",
            detail: "Your address has \(most) connections, which is the most; use those.",
            fields: ["Retry-After": "1"])
    }

    static func tooManyBodies(bytesMax: Int) -> Refusal {
        Refusal(
            status: 503, code: "too_many_bodies",
            detail: "The bodies on their way fill their \(bytesMax) bytes; try again shortly.",
            fields: ["Retry-After": "1"])
    }

    static func tooManyBodiesOfClient(bytesMax: Int) -> Refusal {
        Refusal(
            status: 429, code: "too_many_bodies_of_client",
            detail: "The bodies on their way from your address have \(bytesMax) bytes, which is the"
                + " most; send fewer at once.",
            fields: ["Retry-After": "1"])
    }

    static let version = Refusal(
        status: 505, code: "http_version_unsupported",
        detail: "The version is not supported: HTTP/1.1 and HTTP/1.0 are.")
}
