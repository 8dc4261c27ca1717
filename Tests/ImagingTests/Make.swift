@testable import Imaging

extension Picture {
    /// Noise from a hash of each byte's place; the same as `noise` in Tools/imaging_goldens.py.
    static func make(width: Int = 13, height: Int = 7, seed: Int = 1) -> Picture {
        var picture = Picture(size: PixelSize(width: width, height: height))
        var pixels = picture.mutablePixels
        let start = UInt32(truncatingIfNeeded: seed) &* 40503
        for index in 0..<pixels.count {
            var mixed = UInt32(truncatingIfNeeded: index) &* 2_654_435_761 &+ start
            mixed ^= mixed >> 15
            mixed &*= 2_246_822_519
            mixed ^= mixed >> 13
            pixels[index] = UInt8(truncatingIfNeeded: mixed)
        }
        return picture
    }

    /// A copy of the samples, to compare.
    borrowing func samples() -> [UInt8] {
        let pixels = pixels
        return pixels.indices.map { pixels[$0] }
    }

    /// The pixel at a place.
    borrowing func color(_ x: Int, _ y: Int) -> [UInt8] {
        let at = (y * size.width + x) * 3
        return (at..<at + 3).map { pixels[$0] }
    }
}

extension [UInt8] {
    /// A PNG chunk with its checksum.
    static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let checked = Array(name.utf8) + content
        return bigEndian(content.count) + checked + bigEndian(Int(Checksum.crc32(checked.span)))
    }

    static func bigEndian(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    static func littleEndian(_ value: Int, bytes: Int = 4) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    /// The beginning of a PNG, up to its header.
    static func pngHeader(width: Int, height: Int) -> [UInt8] {
        Signature.png + chunk("IHDR", bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0])
    }

    /// The beginning of a WebP file with a canvas.
    static func webpHeader(width: Int, height: Int, flags: UInt8 = 0) -> [UInt8] {
        Array("RIFF".utf8) + littleEndian(22) + Array("WEBPVP8X".utf8) + littleEndian(10)
            + [flags, 0, 0, 0] + littleEndian(width - 1, bytes: 3)
            + littleEndian(height - 1, bytes: 3)
    }

    /// A JPEG up to its first scan's header; `before` stands between the start and the frame.
    static func jpegHeader(
        width: Int, height: Int, before: [UInt8] = [], frame: UInt8 = 0xC0, precision: UInt8 = 8,
        components: UInt8 = 1
    ) -> [UInt8] {
        var bytes: [UInt8] = [0xFF, 0xD8] + before
        bytes += [0xFF, frame, 0, 8 + 3 * components, precision]
        bytes += bigEndian(height).suffix(2) + bigEndian(width).suffix(2) + [components]
        for component in 0..<components { bytes += [component + 1, 0x11, 0] }
        return bytes + [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]
    }

    func probed(
        _ limits: ImageLimits = ImageLimits()
    ) throws(DecodeError) -> ImageHeader {
        try ImageDecoder.probe(span, limits: limits)
    }

    func decoded(_ limits: ImageLimits = ImageLimits()) throws(DecodeError) -> Picture {
        try ImageDecoder.decode(span, limits: limits)
    }
}
