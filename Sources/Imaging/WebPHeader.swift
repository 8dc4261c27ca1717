/// What the chunks of a WebP file (RFC 9649 §2) say about size and orientation.
struct WebPHeader {
    /// As stored, before the orientation is applied; of an animation, the canvas.
    let size: PixelSize
    let orientation: Orientation
    let isAnimated: Bool

    init(_ bytes: Span<UInt8>) throws(DecodeError) {
        guard let riffLength = bytes.littleEndian32(at: 4) else { throw .truncated }
        guard riffLength + 8 <= bytes.count else { throw .truncated }
        let file = bytes.extracting(0..<riffLength + 8)  // what follows is not the picture's
        let first = 20  // RIFF, length, WEBP; then a chunk's name and length
        guard file.count >= first else { throw .corrupt("no chunk in the file") }
        if file.has("VP8X", at: 12) {
            guard let flags = file.byte(at: first), let width = file.littleEndian24(at: first + 4),
                let height = file.littleEndian24(at: first + 7)
            else { throw .corrupt("a VP8X chunk that is too short") }
            size = PixelSize(width: width + 1, height: height + 1)
            isAnimated = flags & 0x02 != 0
            orientation = flags & 0x08 != 0 ? Self.orientation(file) : .upright
        } else if file.has("VP8 ", at: 12) {
            // RFC 6386 §9.1: 3 bytes of frame tag, a start code, 14 bits each for the sides.
            guard file.has([0x9D, 0x01, 0x2A], at: first + 3),
                let width = file.littleEndian16(at: first + 6),
                let height = file.littleEndian16(at: first + 8)
            else { throw .corrupt("no VP8 key frame") }
            size = try Self.size(width: width & 0x3FFF, height: height & 0x3FFF)
            isAnimated = false
            orientation = .upright
        } else if file.has("VP8L", at: 12) {
            // RFC 9649 §3.4: a signature byte, 14 bits each for the sides less 1.
            guard file.byte(at: first) == 0x2F, let bits = file.littleEndian32(at: first + 1) else {
                throw .corrupt("no VP8L picture")
            }
            size = PixelSize(width: (bits & 0x3FFF) + 1, height: (bits >> 14 & 0x3FFF) + 1)
            isAnimated = false
            orientation = .upright
        } else {
            throw .corrupt("the first chunk is no picture")
        }
    }

    private static func size(width: Int, height: Int) throws(DecodeError) -> PixelSize {
        guard width > 0, height > 0 else { throw .corrupt("a side of 0 pixels") }
        return PixelSize(width: width, height: height)
    }

    /// The orientation in the first EXIF chunk.
    private static func orientation(_ file: Span<UInt8>) -> Orientation {
        var at = 12
        while let length = file.littleEndian32(at: at + 4), file.count - at >= length + 8 {
            if file.has("EXIF", at: at) {
                let content = file.extracting(at + 8..<at + 8 + length)
                return Exif.orientation(content) ?? .upright
            }
            at += 8 + length + length % 2
        }
        return .upright
    }
}
