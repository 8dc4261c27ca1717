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
        let chunk =
            Array("IHDR".utf8) + bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0] as [UInt8]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + bigEndian(13) + chunk
            + bigEndian(crc(chunk))
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
