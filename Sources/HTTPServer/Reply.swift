/// An answer and what its connection does with it.
struct Reply: Equatable {
    var response: Response
    /// Whether the connection closes behind it.
    var closes = false
    /// Whether HTTP/1.0 is told that the connection stays.
    var statesKeepAlive = false
    /// Whether it answers HEAD.
    var omitsBody = false
    /// Whether ``beginning`` was sent already.
    var isBegun = false

    /// The bytes that every answer begins with.
    static let beginning: [UInt8] = Array("HTTP/1.1 ".utf8)

    /// What is sent to a client that waits with its body (RFC 9110 §15.2.1).
    static let goOn: [UInt8] = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// RFC 9110 §6.4.1: statuses that have no content.
    private var hasNoContent: Bool { response.status == 204 || response.status == 304 }

    /// The body as it is sent.
    var body: [UInt8] { omitsBody || hasNoContent ? [] : response.body }

    /// Status line and fields, with the empty line behind them; `date` is what `Date` says.
    func head(date: [UInt8]) -> [UInt8] {
        precondition((200...599).contains(response.status), "an answer has a final status")
        var head: [UInt8] = []
        head.reserveCapacity(512)
        if !isBegun { head += Self.beginning }
        head.append(response.status.description)
        head.append(" ")
        head.append(Response.phrase(of: response.status))
        head.append("\r\nDate: ")
        head += date
        head.append("\r\n")
        for field in response.fields.all where !Self.isOurs(field.name) {
            precondition(
                !field.name.isEmpty && field.name.utf8Span.span.allSatisfy(\.isToken),
                "a field of an answer is named by a token")
            head.append(field.name)
            head.append(": ")
            // RFC 9110 §5.5: CR, LF and NUL in a value become spaces.
            for byte in field.value.utf8 { head.append(byte.isControl ? .space : byte) }
            head.append("\r\n")
        }
        // RFC 9110 §8.6: no Content-Length with 204; with 304 it would be that of the 200.
        if !hasNoContent {
            head.append("Content-Length: ")
            head.append(response.body.count.description)
            head.append("\r\n")
        }
        if closes {
            head.append("Connection: close\r\n")
        } else if statesKeepAlive {
            head.append("Connection: keep-alive\r\n")
        }
        head.append("\r\n")
        return head
    }

    /// Whether the server writes that field itself.
    private static func isOurs(_ name: String) -> Bool {
        let ours = ["Content-Length", "Date", "Connection", "Transfer-Encoding"]
        return ours.contains { $0.isSameWord(name) }
    }
}
