/// What the chunks of a PNG (ISO/IEC 15948 §5) say about size and orientation.
struct PNGHeader {
    /// As stored, before the orientation is applied.
    let size: PixelSize
    let orientation: Orientation

    /// Reads IHDR, then goes from chunk to chunk for eXIf, which may stand behind the pixels.
    ///
    /// Checksums other than eXIf's are left to the decoder.
    init(_ bytes: Span<UInt8>, limits: ImageLimits) throws(DecodeError) {
        let first = Signature.png.count
        guard bytes.count >= first + 8 else { throw .truncated }
        guard bytes.has("IHDR", at: first + 4), bytes.bigEndian32(at: first) == 13 else {
            throw .corrupt("IHDR is not the first chunk")
        }
        guard let width = bytes.bigEndian32(at: first + 8),
            let height = bytes.bigEndian32(at: first + 12)
        else { throw .truncated }
        let sideMax = 0x7FFF_FFFF  // ISO/IEC 15948 §7.1
        guard (1...sideMax).contains(width), (1...sideMax).contains(height) else {
            throw .corrupt("a side of 0 pixels or too many")
        }
        size = PixelSize(width: width, height: height)
        try limits.check(size)

        var exif: Range<Int>?
        var at = first
        while let length = bytes.bigEndian32(at: at) {
            guard length <= sideMax else { throw .corrupt("a chunk of \(length) bytes") }
            guard bytes.count - at >= length + 12 else { break }
            if bytes.has("IEND", at: at + 4) {
                orientation = exif.flatMap { Exif.orientation(bytes.extracting($0)) } ?? .upright
                return
            }
            if exif == nil && bytes.has("eXIf", at: at + 4) {
                exif = Self.exif(bytes, at: at, length: length)
            }
            at += length + 12
        }
        throw .truncated
    }

    /// Where the content of an eXIf chunk stands; nil if libpng, too, would pass over the chunk: its
    /// checksum is wrong or it does not begin with a byte order.
    private static func exif(_ bytes: Span<UInt8>, at: Int, length: Int) -> Range<Int>? {
        let content = at + 8..<at + 8 + length
        let start = bytes.extracting(content)
        guard start.has("II") || start.has("MM"),
            let checksum = bytes.bigEndian32(at: content.upperBound),
            Checksum.crc32(bytes.extracting(at + 4..<content.upperBound)) == checksum
        else { return nil }
        return content
    }
}
