internal import HTTPServer

extension [UInt8] {
    /// Appends `"name":`; names are the service's own words, which need no escapes.
    mutating func append(jsonName name: String) {
        assert(Self.areAllPlain(name.utf8Span.span), "a name of ours needs an escape")
        append(UInt8(ascii: "\""))
        append(name)
        append(UInt8(ascii: "\""))
        append(UInt8(ascii: ":"))
    }

    /// Appends a text in quotes, escaped where JSON asks for it, and where a control byte would end a line.
    mutating func append(json text: String) {
        append(UInt8(ascii: "\""))
        let bytes = text.utf8Span.span
        if Self.areAllPlain(bytes) {
            append(copying: bytes)
        } else {
            for index in bytes.indices { append(escaped: bytes[index]) }
        }
        append(UInt8(ascii: "\""))
    }

    /// Whether no byte needs an escape; written so that many are looked at at once.
    private static func areAllPlain(_ bytes: Span<UInt8>) -> Bool {
        var special: UInt8 = 0
        for index in bytes.indices {
            let byte = bytes[index]
            special |= byte < 0x20 ? 1 : 0
            special |= byte == UInt8(ascii: "\"") ? 1 : 0
            special |= byte == UInt8(ascii: "\\") ? 1 : 0
            special |= byte == 0x7F ? 1 : 0
        }
        return special == 0
    }

    private mutating func append(escaped byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case UInt8(ascii: "\n"): append("\\n")
        case UInt8(ascii: "\r"): append("\\r")
        case UInt8(ascii: "\t"): append("\\t")
        case 0..<0x20, 0x7F:
            let digits = String(byte, radix: 16)
            append("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits)
        default: append(byte)
        }
    }
}
