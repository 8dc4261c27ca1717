/// What the chunks of a PNG (ISO/IEC 15948 §5) say about size and orientation.
struct PNGHeader {
    /// As stored, before the orientation is applied.
    let size: PixelSize
    let orientation: Orientation

    /// Reads IHDR, then goes from chunk to chunk for eXIf, which may stand behind the pixels.
    ///
    /// Checksums are left to the decoder.
    init(_ bytes: Span<UInt8>) throws(DecodeError) {
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

        var orientation: Orientation?
        var hasExif = false
        var at = first
        while let length = bytes.bigEndian32(at: at) {
            guard length <= sideMax else { throw .corrupt("a chunk of \(length) bytes") }
            guard bytes.count - at >= length + 12 else { break }
            if bytes.has("IEND", at: at + 4) {
                self.orientation = orientation ?? .upright
                return
            }
            if !hasExif && bytes.has("eXIf", at: at + 4) {
                let content = bytes.extracting(at + 8..<at + 8 + length)
                // As in libpng, the first chunk counts that begins with a byte order.
                hasExif = content.has("II") || content.has("MM")
                orientation = Exif.orientation(content)
            }
            at += length + 12
        }
        throw .truncated
    }
}
