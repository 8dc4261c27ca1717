/// A JSON value that keeps what a model file needs kept: the order of keys, and whether a number was
/// written as an integer.
///
/// Foundation's decoder keeps neither, and takes the last of two equal keys in silence.
indirect enum JSON {
    case null
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case array([JSON])
    case object([(key: String, value: JSON)])
}

extension JSON {
    var int: Int? { if case .int(let value) = self { value } else { nil } }
    var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .float(let value): value
        default: nil
        }
    }
    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    var string: String? { if case .string(let value) = self { value } else { nil } }
    var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
    var object: [(key: String, value: JSON)]? {
        if case .object(let value) = self { value } else { nil }
    }
    /// All integers of an array; nil if anything else is in it.
    var integers: [Int]? {
        guard let array else { return nil }
        let integers = array.compactMap(\.int)
        return integers.count == array.count ? integers : nil
    }
    subscript(key: String) -> JSON? { object?.first { $0.key == key }?.value }
}

extension JSON {
    /// The value as text without spaces (RFC 8259).
    ///
    /// Floats keep every bit and always show a point or exponent; they must be finite.
    var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let value): text += String(value)
        case .float(let value): text += value.description
        case .string(let value): JSON.write(value, to: &text)
        case .array(let items):
            text += "["
            for (i, item) in items.enumerated() {
                if i > 0 { text += "," }
                item.write(to: &text)
            }
            text += "]"
        case .object(let items):
            text += "{"
            for (i, item) in items.enumerated() {
                if i > 0 { text += "," }
                JSON.write(item.key, to: &text)
                text += ":"
                item.value.write(to: &text)
            }
            text += "}"
        }
    }

    private static func write(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\0"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
