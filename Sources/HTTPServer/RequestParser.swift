/// Reads one request head (RFC 9112 §2 to §5), as its bytes come.
///
/// Bytes are judged one after another, so the verdict does not depend on how they were split on their way.
/// Lines end in CR LF: RFC 9112 §2.2 lets a server take a bare LF too, but proxies differ
/// on it, and no client of today sends it.
struct RequestParser {
    enum Progress: Equatable {
        case needMore
        /// `bytesUsed` are the head's, its empty line included; the body follows.
        case finished(RequestHead, BodyFraming, bytesUsed: Int)
    }

    private let limits: Limits
    private var position = 0
    private var lineStart = 0
    private var hasSkippedLine = false
    private var requestLine: RequestLine?
    private var fields = Fields()

    init(limits: Limits) { self.limits = limits }

    /// Whether bytes of a head have been seen, beyond an empty line before it.
    var isBegun: Bool { position > (hasSkippedLine ? 2 : 0) }

    /// Goes on with all bytes from the head's first on: those of the call before, and more.
    ///
    /// What is thrown is the refusal that the first offending byte earns.
    mutating func parse(_ bytes: Span<UInt8>) throws(Refusal) -> Progress {
        while position < bytes.count {
            try checkSize()
            let byte = bytes[position]
            let followsReturn = position > lineStart && bytes[position - 1] == .carriageReturn
            if byte == .lineFeed {
                // RFC 9112 §2.2
                guard followsReturn else {
                    throw .malformed("A line ends in a bare LF: CR LF is expected.")
                }
                let line = bytes.extracting(lineStart..<position - 1)
                position += 1
                lineStart = position
                if try take(line) { return try finish() }
            } else {
                // RFC 9112 §2.2
                guard !followsReturn else {
                    throw .malformed("A CR is not followed by LF: lines end in CR LF.")
                }
                // RFC 9110 §5.5
                guard !byte.isControl || byte == .carriageReturn else {
                    throw .malformed(
                        position == 0 && byte == 0x16
                            ? "This looks like TLS; plain HTTP is spoken on this port."
                            : "The head holds a control byte.")
                }
                position += 1
            }
        }
        return .needMore
    }

    private func checkSize() throws(Refusal) {
        // A method, two spaces and the version beside the target.
        let lineBytesMax = limits.targetBytesMax + limits.methodBytesMax + 12
        // Not `requestLine == nil`, which copies the line for each byte (Swift 6.3).
        if case nil = requestLine, position - lineStart >= lineBytesMax {
            // RFC 9112 §3
            throw .targetTooLong(bytesMax: limits.targetBytesMax)
        }
        if position >= limits.headerBytesMax {
            // RFC 6585 §5
            throw .headerTooLarge(
                "The head is too large: at most \(limits.headerBytesMax) bytes are accepted.")
        }
    }

    /// Takes one line; true for the empty one behind the fields.
    private mutating func take(_ line: Span<UInt8>) throws(Refusal) -> Bool {
        guard requestLine != nil else {
            if line.isEmpty, !hasSkippedLine {
                // RFC 9112 §2.2: an empty line before the request line is ignored; old clients send
                // one after a body. One is enough.
                hasSkippedLine = true
            } else {
                requestLine = try RequestLine(line, limits: limits)
            }
            return false
        }
        if line.isEmpty { return true }
        guard fields.all.count < limits.fieldsMax else {
            // RFC 6585 §5
            throw .headerTooLarge(
                "There are too many header fields: at most \(limits.fieldsMax) are accepted.")
        }
        let field = try FieldLine.parse(line)
        fields.add(field.name, field.value)
        return false
    }

    private func finish() throws(Refusal) -> Progress {
        guard let requestLine else { return .needMore }
        try checkHost(minorVersion: requestLine.minorVersion)
        let framing = try BodyFraming(fields, minorVersion: requestLine.minorVersion)
        let head = RequestHead(
            method: requestLine.method, path: requestLine.target.path,
            query: requestLine.target.query, minorVersion: requestLine.minorVersion,
            fields: fields)
        return .finished(head, framing, bytesUsed: position)
    }

    /// RFC 9112 §3.2: one `Host`, and a valid one.
    ///
    /// HTTP/1.0 may do without.
    private func checkHost(minorVersion: Int) throws(Refusal) {
        let hosts = fields.values(of: "Host")
        guard hosts.count == 1 || (hosts.isEmpty && minorVersion == 0) else {
            throw .malformed(
                hosts.isEmpty
                    ? "The Host field is missing: HTTP/1.1 asks for one."
                    : "There are \(hosts.count) Host fields: exactly one is accepted.")
        }
        guard let host = hosts.first else { return }
        guard Authority.isValid(host.utf8Span.span) else {
            throw .malformed("The Host field is not 'host' or 'host:port'.")
        }
    }
}
