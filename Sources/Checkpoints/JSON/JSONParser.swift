/// Parses one JSON text (RFC 8259), strictly: equal keys, unpaired surrogates and trailing bytes are
/// refused, depth and values are limited.
struct JSONParser: ~Escapable {
    private let bytes: Span<UInt8>
    private let name: String
    private var position = 0
    private var valuesLeft = Limits.jsonValues

    /// A parser of some bytes; `name` stands in errors.
    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, name: String) {
        self.bytes = bytes
        self.name = name
    }

    /// The value of a text.
    static func parse(_ text: String, name: String) throws(CheckpointError) -> JSON {
        let bytes = Array(text.utf8)
        var parser = JSONParser(bytes.span, name: name)
        return try parser.parse()
    }

    /// The value of all the bytes.
    mutating func parse() throws(CheckpointError) -> JSON {
        let value = try self.value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw malformed("something follows the value") }
        return value
    }

    private mutating func value(depth: Int) throws(CheckpointError) -> JSON {
        valuesLeft -= 1
        guard valuesLeft >= 0, depth <= Limits.jsonDepth else {
            throw .limit(
                place: place,
                reason: "more than \(Limits.jsonValues) values or \(Limits.jsonDepth) levels")
        }
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func array(depth: Int) throws(CheckpointError) -> [JSON] {
        position += 1
        var items: [JSON] = []
        if next(is: "]") { return items }
        repeat { items.append(try value(depth: depth + 1)) } while next(is: ",")
        guard next(is: "]") else { throw malformed("an array is not closed") }
        return items
    }

    private mutating func object(
        depth: Int
    ) throws(CheckpointError) -> [(key: String, value: JSON)] {
        position += 1
        var items: [(key: String, value: JSON)] = []
        var keys: Set<String> = []
        if next(is: "}") { return items }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw malformed("a key is missing") }
            let key = try string()
            guard keys.insert(key).inserted else {
                throw malformed("the key “\(key.prefix(80))” stands twice")
            }
            guard next(is: ":") else { throw malformed("a colon is missing") }
            items.append((key, try value(depth: depth + 1)))
        } while next(is: ",")
        guard next(is: "}") else { throw malformed("an object is not closed") }
        return items
    }

    private mutating func string() throws(CheckpointError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw malformed("a string is not UTF-8")
                }
                return string
            case UInt8(ascii: "\\"): text += try escaped()
            case 0..<0x20: throw malformed("a control character in a string")
            default: text.append(byte)
            }
        }
        throw malformed("a string is not closed")
    }

    private mutating func escaped() throws(CheckpointError) -> [UInt8] {
        let byte = peek
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return byte.map { [$0] } ?? []
        case UInt8(ascii: "u"):
            var code = try hex()
            if (0xD800..<0xDC00).contains(code) {
                guard peek == UInt8(ascii: "\\") else { throw malformed("half a surrogate pair") }
                position += 1
                guard peek == UInt8(ascii: "u") else { throw malformed("half a surrogate pair") }
                position += 1
                let low = try hex()
                guard (0xDC00..<0xE000).contains(low) else {
                    throw malformed("half a surrogate pair")
                }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else {
                throw malformed("half a surrogate pair")
            }
            return Array(String(Character(scalar)).utf8)
        default: throw malformed("an unknown escape")
        }
    }

    private mutating func hex() throws(CheckpointError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue,
                byte < 0x80
            else { throw malformed("an escape of fewer than four digits") }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    private mutating func number() throws(CheckpointError) -> JSON {
        let start = position
        var digits = ""
        var isInteger = true
        while let byte = peek, position - start < 64 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"):
                isInteger = false
            default:
                return try number(digits, isInteger: isInteger)
            }
            digits.unicodeScalars.append(Unicode.Scalar(byte))
            position += 1
        }
        return try number(digits, isInteger: isInteger)
    }

    private func number(_ digits: String, isInteger: Bool) throws(CheckpointError) -> JSON {
        // Swift's own parsers take more than JSON does: a leading plus, a zero or point at the ends.
        let unsigned = digits.first == "-" ? digits.dropFirst() : digits[...]
        let isPlain =
            unsigned.first?.isNumber == true && digits.last?.isNumber == true
            && !(unsigned.count > 1 && unsigned.first == "0"
                && unsigned.dropFirst().first?.isNumber == true)
            && !digits.contains(".e") && !digits.contains(".E")
        if isPlain {
            if isInteger, let value = Int(digits) { return .int(value) }
            if let value = Double(digits), value.isFinite { return .float(value) }
        }
        throw malformed("no value, or no number that fits")
    }

    // MARK: - Bytes

    private var place: String { "\(name) at byte \(position)" }

    private func malformed(_ reason: String) -> CheckpointError {
        .malformed(place: place, reason: reason)
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    /// Passes over spaces and this character, if it is the next one.
    private mutating func next(is character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func word(
        _ word: StaticString, _ value: JSON
    ) throws(CheckpointError) -> JSON {
        let rest = bytes.extracting(position..<bytes.count)
        guard rest.starts(with: word) else { throw malformed("no value") }
        position += word.utf8CodeUnitCount
        return value
    }
}
