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
        head.append(decimal: response.status)
        head.append(.space)
        head.append(Response.phrase(of: response.status))
        head.append("\r\nDate: ")
        head += date
        head.endLine()
        for field in response.fields.all where !Self.isOurs(field.name) {
            precondition(
                !field.name.isEmpty && field.name.utf8Span.span.allSatisfy(\.isToken),
                "a field of an answer is named by a token")
            head.append(field.name)
            head.append(UInt8(ascii: ":"))
            head.append(.space)
            head.append(fieldValue: field.value)
            head.endLine()
        }
        // RFC 9110 §8.6: no Content-Length with 204; with 304 it would be that of the 200.
        if !hasNoContent {
            head.append("Content-Length: ")
            head.append(decimal: response.body.count)
            head.endLine()
        }
        if closes {
            head.append("Connection: close\r\n")
        } else if statesKeepAlive {
            head.append("Connection: keep-alive\r\n")
        }
        head.endLine()
        return head
    }

    /// Whether the server writes that field itself.
    private static func isOurs(_ name: String) -> Bool {
        name.isSameWord("Content-Length") || name.isSameWord("Date")
            || name.isSameWord("Connection") || name.isSameWord("Transfer-Encoding")
    }
}

extension [UInt8] {
    /// Appends a value; CR, LF, NUL and other control bytes in it become spaces (RFC 9110 §5.5).
    fileprivate mutating func append(fieldValue text: String) {
        let start = count
        append(text)
        for index in start..<count where self[index].isControl { self[index] = .space }
    }

    fileprivate mutating func endLine() {
        append(.carriageReturn)
        append(.lineFeed)
    }
}
