/// What the chunks of a WebP file (RFC 9649 §2) say about size and orientation.
struct WebPHeader {
    /// As stored, before the orientation is applied; of an animation, the canvas.
    let size: PixelSize
    let orientation: Orientation
    let isAnimated: Bool

    init(_ bytes: Span<UInt8>, limits: ImageLimits) throws(DecodeError) {
        guard let riffLength = bytes.littleEndian32(at: 4), bytes.count >= 20 else {
            throw .truncated
        }
        let flags: Int
        (size, flags) = try Self.firstChunk(bytes)
        try limits.check(size)
        guard riffLength + 8 <= bytes.count else { throw .truncated }
        isAnimated = flags & 0x02 != 0
        // What follows the RIFF chunk is not the picture's.
        let file = bytes.extracting(0..<riffLength + 8)
        orientation = flags & 0x08 != 0 ? Self.orientation(file) : .upright
    }

    /// The size that the first chunk says, and its flags if it is of the extended kind.
    private static func firstChunk(
        _ bytes: Span<UInt8>
    ) throws(DecodeError) -> (size: PixelSize, flags: Int) {
        let at = 20  // behind RIFF, length, WEBP, and the chunk's name and length
        if bytes.has("VP8X", at: 12) {
            guard let flags = bytes.byte(at: at), let width = bytes.littleEndian24(at: at + 4),
                let height = bytes.littleEndian24(at: at + 7)
            else { throw .truncated }
            return (PixelSize(width: width + 1, height: height + 1), flags)
        }
        if bytes.has("VP8 ", at: 12) {
            // RFC 6386 §9.1: 3 bytes of frame tag, a start code, 14 bits each for the sides.
            guard bytes.count >= at + 10, let width = bytes.littleEndian16(at: at + 6),
                let height = bytes.littleEndian16(at: at + 8)
            else { throw .truncated }
            guard bytes.has([0x9D, 0x01, 0x2A], at: at + 3) else {
                throw .corrupt("no VP8 key frame")
            }
            let size = PixelSize(width: width & 0x3FFF, height: height & 0x3FFF)
            guard size.area > 0 else { throw .corrupt("a side of 0 pixels") }
            return (size, 0)
        }
        if bytes.has("VP8L", at: 12) {
            // RFC 9649 §3.4: a signature byte, 14 bits each for the sides less 1.
            guard let signature = bytes.byte(at: at), let bits = bytes.littleEndian32(at: at + 1)
            else { throw .truncated }
            guard signature == 0x2F else { throw .corrupt("no VP8L picture") }
            return (PixelSize(width: (bits & 0x3FFF) + 1, height: (bits >> 14 & 0x3FFF) + 1), 0)
        }
        throw .corrupt("the first chunk is no picture")
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
