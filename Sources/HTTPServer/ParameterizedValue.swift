/// `value; name=value; name="value"`, as in `Content-Type` and `Content-Disposition`
/// (RFC 9110 §5.6.6).
struct ParameterizedValue {
    /// What stands before the first `;`.
    let value: String
    private var parameters: [(name: String, value: String)] = []

    /// Nil where a parameter has no name, no `=`, or an open quote.
    init?(_ bytes: Span<UInt8>) {
        let end = bytes.first(UInt8(ascii: ";"), in: bytes.indices) ?? bytes.count
        value = String(text: bytes.extracting(bytes.trimmed(0..<end)))
        var index = end
        while index < bytes.count {
            index += 1  // the ';'
            while index < bytes.count, bytes[index].isBlank { index += 1 }
            if index == bytes.count || bytes[index] == UInt8(ascii: ";") { continue }
            guard let equals = bytes.first(UInt8(ascii: "="), in: index..<bytes.count) else {
                return nil
            }
            let name = bytes.extracting(index..<equals)
            guard !name.isEmpty, name.allSatisfy(\.isToken) else { return nil }
            index = equals + 1
            guard let text = Self.text(bytes, &index) else { return nil }
            parameters.append((String(text: name), text))
            while index < bytes.count, bytes[index].isBlank { index += 1 }
            guard index == bytes.count || bytes[index] == UInt8(ascii: ";") else { return nil }
        }
    }

    /// A quoted string, or all up to the next `;`: a boundary is often sent bare though it holds bytes
    /// that no token has.
    private static func text(_ bytes: Span<UInt8>, _ index: inout Int) -> String? {
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
            let end = bytes.first(UInt8(ascii: ";"), in: index..<bytes.count) ?? bytes.count
            let word = bytes.trimmed(index..<end)
            index = end
            return String(text: bytes.extracting(word))
        }
        index += 1
        var text: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "\"") { return String(text: text.span) }
            // RFC 9110 §5.6.4: a backslash quotes. Only these two bytes need it; elsewhere it is part of
            // a path that an old browser sent as a file name.
            if byte == UInt8(ascii: "\\"), index < bytes.count,
                bytes[index] == UInt8(ascii: "\"") || bytes[index] == UInt8(ascii: "\\")
            {
                text.append(bytes[index])
                index += 1
            } else {
                text.append(byte)
            }
        }
        return nil
    }

    /// The parameter of that name.
    ///
    /// - Throws: 400 where there are two: readers would differ on which one counts.
    subscript(_ name: String) -> String? {
        get throws(Refusal) {
            let found = parameters.filter { $0.name.isSameWord(name) }
            guard found.count < 2 else {
                // RFC 6838 §4.3: a parameter is given once.
                throw .multipart("The parameter '\(name)' is given twice.")
            }
            return found.first?.value
        }
    }
}
