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

extension Response {
    /// The words of RFC 9110 §15 and RFC 6585; none for others, which is allowed (RFC 9112 §4).
    package static func phrase(of status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case 507: "Insufficient Storage"
        default: ""
        }
    }
}
