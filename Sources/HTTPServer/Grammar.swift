/// The byte classes that HTTP and URIs are written in.
extension UInt8 {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20

    var isDigit: Bool { self >= 0x30 && self <= 0x39 }

    var isLetter: Bool { (self | 0x20) >= 0x61 && (self | 0x20) <= 0x7A }

    /// Its value as a hexadecimal digit.
    var hexValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }

    /// `tchar`: what methods and field names are made of (RFC 9110 §5.6.2).
    var isToken: Bool {
        if isLetter || isDigit { return true }
        return switch self {
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// A byte that a URI never needs to escape (RFC 3986 §2.3).
    var isUnreserved: Bool { isLetter || isDigit || "-._~".utf8.contains(self) }

    /// A control byte other than the tab: allowed nowhere in a head.
    var isControl: Bool { (self < 0x20 && self != .tab) || self == 0x7F }

    /// `VCHAR`: a visible ASCII byte.
    var isVisible: Bool { self > 0x20 && self < 0x7F }

    /// `OWS`: a space or a tab.
    var isBlank: Bool { self == .space || self == .tab }

    /// The same letter in lower case; other bytes are unchanged.
    var lowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}

extension Span<UInt8> {
    /// The place of the first `byte` in `range`.
    func first(_ byte: UInt8, in range: Range<Int>) -> Int? {
        for index in range where self[index] == byte { return index }
        return nil
    }

    func contains(where holds: (UInt8) -> Bool) -> Bool {
        for index in indices where holds(self[index]) { return true }
        return false
    }

    func allSatisfy(_ holds: (UInt8) -> Bool) -> Bool { !contains { !holds($0) } }

    /// `range` without the blanks at its ends.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, self[start].isBlank { start += 1 }
        while start < end, self[end - 1].isBlank { end -= 1 }
        return start..<end
    }

    /// Whether these are the bytes of `text`.
    func isExactly(_ text: StaticString) -> Bool {
        let other = text.description.utf8
        guard other.count == count else { return false }
        return zip(indices, other).allSatisfy { self[$0] == $1 }
    }

    /// Whether these are the bytes of `text`, without regard to the case of ASCII letters.
    func isSame(_ text: StaticString) -> Bool {
        let other = text.description.utf8
        guard other.count == count else { return false }
        return zip(indices, other).allSatisfy { self[$0].lowercased == $1.lowercased }
    }
}

extension String {
    /// The text of bytes that should be UTF-8; those that are not are read as ISO 8859-1, which
    /// loses nothing (RFC 9110 §5.5 calls such bytes opaque).
    init(text bytes: Span<UInt8>) {
        if let text = try? UTF8Span(validating: bytes) {
            self.init(copying: text)
        } else {
            self.init()
            for index in bytes.indices { unicodeScalars.append(Unicode.Scalar(bytes[index])) }
        }
    }

    /// Whether both are the same word, without regard to the case of ASCII letters.
    func isSameWord(_ other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let bytes = utf8Span.span
        let others = other.utf8Span.span
        for index in bytes.indices where bytes[index].lowercased != others[index].lowercased {
            return false
        }
        return true
    }
}
