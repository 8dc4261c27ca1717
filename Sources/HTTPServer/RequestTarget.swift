/// What a request is about: a path and a query (RFC 9112 §3.2).
struct RequestTarget: Equatable {
    /// Begins with `/`, or is `*`.
    ///
    /// Percent-escapes are as sent, but for those of letters, digits and `-._~`, which mean the same as
    /// what they stand for (RFC 3986 §6.2.2.2).
    let path: String
    let query: [RequestHead.QueryItem]

    init(_ target: Span<UInt8>, method: String) throws(Refusal) {
        // RFC 3986 §2: visible ASCII. Browsers leave some bytes bare that should be escaped, such as
        // `|`; they are harmless and taken. A fragment is never sent (RFC 9110 §7.1).
        guard !target.isEmpty,
            target.allSatisfy({ $0.isVisible && $0 != UInt8(ascii: "#") })
        else {
            throw .malformed(
                "The request target is empty or holds a byte that must be percent-escaped.")
        }
        if target.isExactly("*") {
            // RFC 9112 §3.2.4: the asterisk is for OPTIONS alone.
            guard method == "OPTIONS" else {
                throw .malformed("The request target '*' is accepted with OPTIONS only.")
            }
            path = "*"
            query = []
            return
        }
        let start = try Self.pathStart(target)
        let mark = target.first(UInt8(ascii: "?"), in: start..<target.count) ?? target.count
        // RFC 9110 §4.2.3: an empty path of an absolute form is `/`.
        path = start == mark ? "/" : try Self.normalized(target.extracting(start..<mark))
        query =
            mark < target.count ? try Self.query(target.extracting(mark + 1..<target.count)) : []
    }

    /// Where the path begins: at once in the origin form, after the authority in the absolute form.
    private static func pathStart(_ target: Span<UInt8>) throws(Refusal) -> Int {
        if target[0] == UInt8(ascii: "/") { return 0 }
        // RFC 9112 §3.2.2: the absolute form must be understood, though only proxies are sent it.
        let colon = target.first(UInt8(ascii: ":"), in: target.indices) ?? 0
        let scheme = target.extracting(0..<colon)
        let isHTTP = scheme.isSame("http") || scheme.isSame("https")
        guard isHTTP, target.extracting(colon..<min(colon + 3, target.count)).isExactly("://")
        else {
            // RFC 9112 §3.2.3: the authority form is for CONNECT alone.
            throw .malformed("The request target is not a path such as '/detect', nor an http URI.")
        }
        var end = colon + 3
        while end < target.count, target[end] != UInt8(ascii: "/"), target[end] != UInt8(ascii: "?")
        {
            end += 1
        }
        let authority = target.extracting(colon + 3..<end)
        // RFC 9110 §4.2.1: an http URI with an empty host is invalid.
        guard !authority.isEmpty, Authority.isValid(authority) else {
            throw .malformed("The URI of the request line names no valid host.")
        }
        return end
    }

    /// A path without needless escapes.
    private static func normalized(_ bytes: Span<UInt8>) throws(Refusal) -> String {
        var path: [UInt8] = []
        path.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            path.append(bytes[index])
            if bytes[index] == UInt8(ascii: "%") {
                guard index + 2 < bytes.count, let high = bytes[index + 1].hexValue,
                    let low = bytes[index + 2].hexValue
                else {
                    // RFC 3986 §2.1
                    throw .malformed("The path holds a '%' that is not followed by two hex digits.")
                }
                let byte = high << 4 | low
                if byte.isUnreserved {
                    path[path.count - 1] = byte
                    index += 2
                }
            }
            index += 1
        }
        return String(text: path.span)
    }

    /// Pairs between `&`, as HTML forms write them.
    private static func query(_ bytes: Span<UInt8>) throws(Refusal) -> [RequestHead.QueryItem] {
        var items: [RequestHead.QueryItem] = []
        var start = 0
        while start < bytes.count {
            let end = bytes.first(UInt8(ascii: "&"), in: start..<bytes.count) ?? bytes.count
            let equals = bytes.first(UInt8(ascii: "="), in: start..<end)
            if start < end {
                let name = try decoded(bytes.extracting(start..<(equals ?? end)))
                let value = try equals.map { mark throws(Refusal) in
                    try decoded(bytes.extracting(mark + 1..<end))
                }
                items.append(RequestHead.QueryItem(name: name, value: value ?? ""))
            }
            start = end + 1
        }
        return items
    }

    private static func decoded(_ bytes: Span<UInt8>) throws(Refusal) -> String {
        var text: [UInt8] = []
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "+"): text.append(.space)
            case UInt8(ascii: "%"):
                // RFC 3986 §2.1
                guard index + 2 < bytes.count, let high = bytes[index + 1].hexValue,
                    let low = bytes[index + 2].hexValue
                else {
                    throw .malformed(
                        "The query holds a '%' that is not followed by two hex digits.")
                }
                text.append(high << 4 | low)
                index += 2
            default: text.append(bytes[index])
            }
            index += 1
        }
        guard let string = String(validating: text, as: UTF8.self) else {
            // RFC 3986 §2.5: text is UTF-8 before it is escaped.
            throw .malformed("The query is not UTF-8 once its percent-escapes are decoded.")
        }
        return string
    }
}

/// `host[:port]` (RFC 3986 §3.2), as in a `Host` field; no user name before it.
enum Authority {
    static func isValid(_ bytes: Span<UInt8>) -> Bool {
        var index = 0
        if bytes.first(UInt8(ascii: "["), in: bytes.indices) == 0 {
            guard let close = bytes.first(UInt8(ascii: "]"), in: bytes.indices), close > 1,
                bytes.extracting(1..<close).allSatisfy(isLiteral)
            else { return false }
            index = close + 1
        } else {
            while index < bytes.count, isName(bytes[index]) { index += 1 }
        }
        guard index < bytes.count else { return true }
        return bytes[index] == UInt8(ascii: ":")
            && bytes.extracting(index + 1..<bytes.count).allSatisfy(\.isDigit)
    }

    /// A byte of an IPv6 address in brackets.
    private static func isLiteral(_ byte: UInt8) -> Bool {
        byte.hexValue != nil || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }

    /// A byte of a registered name or an IPv4 address.
    private static func isName(_ byte: UInt8) -> Bool {
        if byte.isLetter || byte.isDigit { return true }
        return "-._~%!$&'()*+,;=".utf8.contains(byte)
    }
}
