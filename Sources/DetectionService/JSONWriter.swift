internal import HTTPServer

/// Writes compact JSON (RFC 8259) in the order it is told; keys keep that order.
///
/// Numbers are the shortest that read back as the same value of their type; one that JSON cannot
/// say (infinite, not a number) becomes `null`.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    /// Whether the next value or key stands behind another one.
    private var needsComma = false

    init() { bytes.reserveCapacity(512) }

    mutating func object(_ members: (inout JSONWriter) -> Void) {
        open("{")
        members(&self)
        close("}")
    }

    mutating func array<Element>(
        _ elements: some Sequence<Element>, _ write: (inout JSONWriter, Element) -> Void
    ) {
        open("[")
        for element in elements { write(&self, element) }
        close("]")
    }

    mutating func key(_ name: String, _ value: String) { key(name) { $0.value(value) } }
    mutating func key(_ name: String, _ value: Int) { key(name) { $0.value(value) } }
    mutating func key(_ name: String, _ value: Double) { key(name) { $0.value(value) } }
    mutating func key(_ name: String, _ value: Float) { key(name) { $0.value(value) } }
    mutating func key(_ name: String, _ value: Bool) { key(name) { $0.value(value) } }

    mutating func key(_ name: String, _ value: (inout JSONWriter) -> Void) {
        self.value(name)
        append(UInt8(ascii: ":"))
        needsComma = false
        value(&self)
    }

    mutating func value(_ number: Int) { token(number.description) }
    mutating func value(_ flag: Bool) { token(flag.description) }
    mutating func value(_ number: Double) { token(number.isFinite ? number.description : "null") }
    mutating func value(_ number: Float) { token(number.isFinite ? number.description : "null") }

    mutating func value(_ text: String) {
        separate()
        append(UInt8(ascii: "\""))
        let span = text.utf8Span.span
        var isPlain = true
        for index in span.indices { isPlain = isPlain && Self.isPlain(span[index]) }
        if isPlain {
            bytes.append(copying: span)
        } else {
            for index in span.indices { appendEscaped(span[index]) }
        }
        append(UInt8(ascii: "\""))
        needsComma = true
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") && byte != 0x7F
    }

    private mutating func appendEscaped(_ byte: UInt8) {
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

    private mutating func token(_ text: String) {
        separate()
        append(text)
        needsComma = true
    }

    private mutating func open(_ bracket: Unicode.Scalar) {
        separate()
        append(UInt8(ascii: bracket))
        needsComma = false
    }

    private mutating func close(_ bracket: Unicode.Scalar) {
        append(UInt8(ascii: bracket))
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { append(UInt8(ascii: ",")) }
    }

    private mutating func append(_ byte: UInt8) { bytes.append(byte) }

    private mutating func append(_ text: String) { bytes.append(text) }
}
