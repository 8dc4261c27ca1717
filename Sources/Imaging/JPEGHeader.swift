/// What stands before the first scan of a JPEG (ITU-T T.81 Annex B).
struct JPEGHeader {
    /// As stored, before the orientation is applied.
    let size: PixelSize
    let orientation: Orientation
    /// 1 grey, 3 colour, 4 CMYK or YCCK.
    let componentCount: Int
    let isProgressive: Bool
    /// Where the first scan's marker stands.
    let firstScan: Int

    init(_ bytes: Span<UInt8>, limits: ImageLimits) throws(DecodeError) {
        var segments = JPEGSegments(at: 2)
        var frame: (size: PixelSize, componentCount: Int, isProgressive: Bool)?
        var orientation: Orientation?
        while let segment = try segments.next(bytes) {
            switch segment.marker {
            case 0xC0, 0xC1, 0xC2, 0xC9, 0xCA:
                guard frame == nil else { throw .corrupt("two frame headers") }
                let found = try Self.frame(bytes, segment)
                try limits.check(found.size)
                frame = found
            case 0xC3, 0xC5...0xC7, 0xCB, 0xCD...0xCF:
                throw .unsupported(found: "lossless or hierarchical JPEG")
            case 0xE1 where orientation == nil:
                orientation = Self.orientation(bytes, segment)
            case 0xDA:
                guard let frame else { throw .corrupt("a scan before the frame header") }
                size = frame.size
                componentCount = frame.componentCount
                isProgressive = frame.isProgressive
                self.orientation = orientation ?? .upright
                firstScan = segment.start
                return
            case 0xD9: throw .corrupt("no picture before the end marker")
            default: break
            }
        }
        throw .truncated
    }

    private static func frame(
        _ bytes: Span<UInt8>, _ segment: JPEGSegments.Segment
    ) throws(DecodeError) -> (size: PixelSize, componentCount: Int, isProgressive: Bool) {
        let at = segment.content.lowerBound
        guard segment.content.count >= 6,
            let precision = bytes.byte(at: at), let height = bytes.bigEndian16(at: at + 1),
            let width = bytes.bigEndian16(at: at + 3), let components = bytes.byte(at: at + 5)
        else { throw .corrupt("a frame header that is too short") }
        guard precision == 8 else {
            throw .unsupported(found: "JPEG with \(precision)-bit samples")
        }
        guard width > 0, height > 0 else { throw .corrupt("a side of 0 pixels") }
        guard components == 1 || components == 3 || components == 4 else {
            throw .unsupported(found: "JPEG with \(components) components")
        }
        return (
            PixelSize(width: width, height: height), components,
            segment.marker == 0xC2 || segment.marker == 0xCA
        )
    }

    /// The orientation of an APP1 segment, if it is EXIF.
    private static func orientation(
        _ bytes: Span<UInt8>, _ segment: JPEGSegments.Segment
    ) -> Orientation? {
        let content = bytes.extracting(segment.content)
        guard content.has("Exif\0\0") else { return nil }
        return Exif.orientation(content.extracting(6..<content.count))
    }
}
