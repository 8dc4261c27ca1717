/// One line of a header or trailer section (RFC 9112 §5).
enum FieldLine {
    /// Reads a line without its CR LF; it is not empty.
    static func parse(_ line: Span<UInt8>) throws(Refusal) -> Fields.Field {
        // RFC 9112 §5.2: a line that goes on from the one before; §2.2: blanks before the first.
        if line[0].isBlank {
            throw .malformed("A header line begins with a blank: folded lines are not accepted.")
        }
        guard let colon = line.first(UInt8(ascii: ":"), in: line.indices) else {
            throw .malformed("A header line has no colon: 'Name: value' is expected.")
        }
        let name = line.extracting(0..<colon)
        // RFC 9112 §5.1: no blank between name and colon; servers read it in different ways.
        if colon > 0, line[colon - 1].isBlank {
            throw .malformed("A header name is followed by a blank: 'Name: value' is expected.")
        }
        // RFC 9110 §5.1: a name is a token.
        guard !name.isEmpty, name.allSatisfy(\.isToken) else {
            throw .malformed("A header name is empty or holds a byte that no name may hold.")
        }
        let value = line.extracting(line.trimmed(colon + 1..<line.count))
        // RFC 9110 §5.5: CR, LF and NUL are dangerous, the other control bytes invalid.
        guard !value.contains(where: \.isControl) else {
            throw .malformed("A header value holds a control byte.")
        }
        return Fields.Field(name: String(text: name), value: String(text: value))
    }
}
