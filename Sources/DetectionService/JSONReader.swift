/// A JSON text (RFC 8259) read as far as it is needed: long strings stay where they are.
///
/// Made for what strangers send: depth and the number of values are bounded, so that the work and
/// the memory are in proportion to the bytes; a name twice in an object is an error.
struct JSONDocument {
    let bytes: [UInt8]
    let root: JSONValue

    /// Values deeper than this are refused.
    static let depthMax = 32
    /// More values than this, in all, are refused.
    static let valuesMax = 10_000

    init(_ bytes: [UInt8]) throws(JSONError) {
        self.bytes = bytes
        var reader = JSONReader(bytes)
        root = try reader.document()
    }

    /// The characters of a string; nil where they are no Unicode text.
    func text(_ string: JSONString) -> String? {
        String(validating: content(string), as: UTF8.self)
    }

    /// The bytes of a string, its escapes resolved.
    func content(_ string: JSONString) -> [UInt8] {
        string.hasEscapes
            ? JSONReader.unescaped(bytes[string.range]) : Array(bytes[string.range])
    }
}

/// A value of a JSON text.
enum JSONValue: Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(JSONString)
    case array([JSONValue])
    case object([JSONMember])
}

/// A member of an object, in the order of the text.
struct JSONMember: Equatable {
    let name: String
    let value: JSONValue
}

/// Where a string lies between its quotes.
struct JSONString: Equatable {
    let range: Range<Int>
    let hasEscapes: Bool
}

/// Where a text stops being JSON that we take, and why.
struct JSONError: Error, Equatable {
    /// Bytes from the start.
    let offset: Int
    let reason: String
}

/// Reads JSON by recursive descent, no deeper than ``JSONDocument/depthMax``.
private struct JSONReader {
    private let bytes: [UInt8]
    private var at = 0
    private var valuesLeft = JSONDocument.valuesMax

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard at == bytes.count else { throw error("something follows the value") }
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < JSONDocument.depthMax else { throw error("nested too deeply") }
        guard valuesLeft > 0 else { throw error("too many values") }
        valuesLeft -= 1
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return .object(try members(depth: depth))
        case UInt8(ascii: "["): return .array(try elements(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw error("the text ends early")
        case let byte? where byte == UInt8(ascii: "-") || Self.isDigit(byte):
            return .number(try number())
        default: throw error("no value begins like this")
        }
    }

    private mutating func members(depth: Int) throws(JSONError) -> [JSONMember] {
        at += 1
        var members: [JSONMember] = []
        var names: Set<String> = []
        skipSpace()
        if take("}") { return [] }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw error("a name in quotes is missing") }
            let start = at
            let string = try string()
            let raw = bytes[string.range]
            let name = String(
                validating: string.hasEscapes ? Self.unescaped(raw) : Array(raw), as: UTF8.self)
            guard let name else { throw JSONError(offset: start, reason: "a name is no UTF-8") }
            guard names.insert(name).inserted else {
                throw JSONError(offset: start, reason: "a name is given twice")
            }
            skipSpace()
            guard take(":") else { throw error("':' is missing") }
            members.append(JSONMember(name: name, value: try value(depth: depth + 1)))
            skipSpace()
        } while take(",")
        guard take("}") else { throw error("',' or '}' is missing") }
        return members
    }

    private mutating func elements(depth: Int) throws(JSONError) -> [JSONValue] {
        at += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return [] }
        repeat {
            elements.append(try value(depth: depth + 1))
            skipSpace()
        } while take(",")
        guard take("]") else { throw error("',' or ']' is missing") }
        return elements
    }

    private mutating func string() throws(JSONError) -> JSONString {
        at += 1
        let start = at
        var hasEscapes = false
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "\""):
                at += 1
                return JSONString(range: start..<at - 1, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try skipEscape()
            case 0..<0x20: throw error("a control character in a string")
            default: at += 1
            }
        }
        throw error("the text ends inside a string")
    }

    private mutating func skipEscape() throws(JSONError) {
        at += 1
        switch peek {
        case UInt8(ascii: "u"):
            guard let unit = Self.hex(bytes[(at + 1)...]) else {
                throw error("no \\u and 4 digits")
            }
            at += 5
            guard unit & 0xF800 == 0xD800 else { return }
            // UTF-16 halves come in pairs, the high one first (RFC 8259 §7).
            guard unit < 0xDC00, bytes[at...].starts(with: "\\u".utf8),
                let low = Self.hex(bytes[(at + 2)...]), low & 0xFC00 == 0xDC00
            else { throw error("half a surrogate pair") }
            at += 6
        case let escape? where Self.simpleEscapes[escape] != nil: at += 1
        default: throw error("no such escape")
        }
    }

    private mutating func number() throws(JSONError) -> Double {
        let start = at
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        guard at - start <= 64,
            let number = Double(String(decoding: bytes[start..<at], as: UTF8.self))
        else { throw JSONError(offset: start, reason: "a number too long") }
        return number
    }

    private mutating func digits() throws(JSONError) {
        let start = at
        while let byte = peek, Self.isDigit(byte) { at += 1 }
        guard at > start else { throw error("a digit is missing") }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard bytes[at...].starts(with: word.utf8) else { throw error("no value begins like this") }
        at += word.utf8.count
        return value
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            at += 1
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

    private func error(_ reason: String) -> JSONError { JSONError(offset: at, reason: reason) }

    // Escapes

    /// The bytes of a string that ``string()`` went over: its escapes are known to be whole.
    static func unescaped(_ raw: ArraySlice<UInt8>) -> [UInt8] {
        var plain: [UInt8] = []
        plain.reserveCapacity(raw.count)
        var rest = raw
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst() else {
                plain.append(byte)
                continue
            }
            if let simple = simpleEscapes[escape] {
                plain.append(simple)
            } else if let scalar = popScalar(&rest) {
                plain.append(contentsOf: String(scalar).utf8)
            }
        }
        return plain
    }

    /// The scalar of a `\u` escape (both, of a pair), whose `\u` has been taken.
    private static func popScalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard let unit = hex(rest) else { return nil }
        rest = rest.dropFirst(4)
        guard unit & 0xFC00 == 0xD800 else { return Unicode.Scalar(unit) }
        rest = rest.dropFirst(2)
        guard let low = hex(rest) else { return nil }
        rest = rest.dropFirst(4)
        return Unicode.Scalar(0x10000 + ((unit & 0x3FF) << 10) + (low & 0x3FF))
    }

    /// Four hexadecimal digits.
    private static func hex(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        guard bytes.count >= 4 else { return nil }
        var value: UInt32 = 0
        for byte in bytes.prefix(4) {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    private static let simpleEscapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
        UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C,
        UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
    ]
}
