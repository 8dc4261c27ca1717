/// Base64 as clients write it (RFC 4648 §4, and §5's URL-safe letters): line breaks and spaces are
/// skipped, padding may be left out.
///
/// Runs on the thread that serves the socket: a megabyte takes about a millisecond.
enum Base64 {
    static func decode(_ text: ArraySlice<UInt8>) throws(Base64Error) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count / 4 * 3 + 3)
        var bits: UInt32 = 0
        var digits = 0
        var padding = 0
        for (offset, byte) in text.enumerated() {
            let digit = digitValues[Int(byte)]
            if digit < 64 {
                guard padding == 0 else { throw .character(offset: offset) }
                bits = bits << 6 | UInt32(digit)
                digits += 1
                if digits == 4 {
                    decoded.append(UInt8(truncatingIfNeeded: bits >> 16))
                    decoded.append(UInt8(truncatingIfNeeded: bits >> 8))
                    decoded.append(UInt8(truncatingIfNeeded: bits))
                    bits = 0
                    digits = 0
                }
            } else if byte == UInt8(ascii: "=") {
                padding += 1
                guard padding + digits <= 4, digits >= 2 else { throw .character(offset: offset) }
            } else if digit != skipped {
                throw .character(offset: offset)
            }
        }
        switch (digits, padding) {
        case (0, 0): break
        case (2, 0), (2, 2): decoded.append(UInt8(truncatingIfNeeded: bits >> 4))
        case (3, 0), (3, 1):
            decoded.append(UInt8(truncatingIfNeeded: bits >> 10))
            decoded.append(UInt8(truncatingIfNeeded: bits >> 2))
        default: throw .length
        }
        return decoded
    }

    private static let skipped: UInt8 = 64
    private static let refused: UInt8 = 255

    private static let digitValues: [UInt8] = {
        var values = [UInt8](repeating: refused, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (value, letter) in alphabet.utf8.enumerated() { values[Int(letter)] = UInt8(value) }
        values[Int(UInt8(ascii: "-"))] = 62
        values[Int(UInt8(ascii: "_"))] = 63
        for space in " \t\r\n".utf8 { values[Int(space)] = skipped }
        return values
    }()
}

/// Why a text is no base64.
enum Base64Error: Error, Equatable {
    /// A character that has no place there; `offset` from the text's start.
    case character(offset: Int)
    /// The text ends inside a group of four.
    case length
}
