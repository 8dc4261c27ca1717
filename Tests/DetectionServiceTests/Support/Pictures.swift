import Imaging

/// Encoded pictures, made here.
enum Pictures {
    /// One shade all over.
    static func jpeg(width: Int = 40, height: Int = 30, shade: UInt8 = 200) throws -> [UInt8] {
        var picture = Picture(size: PixelSize(width: width, height: height))
        var pixels = picture.mutablePixels
        for index in pixels.indices { pixels[index] = shade }
        return try picture.jpeg(quality: 95)
    }

    /// The header of a PNG, and nothing behind it.
    static func pngHeader(width: UInt32, height: UInt32) -> [UInt8] {
        pngBeginning(width: width, height: height, depth: 8, color: 2)
    }

    /// A PNG of one row of one bit a pixel, packed by not being compressed.
    static func blackLine(width: UInt32) -> [UInt8] {
        let row = [UInt8](repeating: 0, count: 1 + Int(width + 7) / 8)
        let count = UInt16(row.count)
        let block: [UInt8] = [1] + littleEndian(count) + littleEndian(~count)  // the last, stored
        let checksum = bigEndian(UInt32(row.count) << 16 | 1)  // Adler-32 of zeros
        return pngBeginning(width: width, height: 1, depth: 1, color: 0)
            + chunk("IDAT", [0x78, 0x01] + block + row + checksum) + chunk("IEND", [])
    }

    private static func pngBeginning(
        width: UInt32, height: UInt32, depth: UInt8, color: UInt8
    ) -> [UInt8] {
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", bigEndian(width) + bigEndian(height) + [depth, color, 0, 0, 0])
    }

    private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let checked = Array(name.utf8) + content
        return bigEndian(UInt32(content.count)) + checked + bigEndian(crc(checked))
    }

    private static func littleEndian(_ value: UInt16) -> [UInt8] {
        [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        var crc = ~UInt32(0)
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
        }
        return ~crc
    }
}
