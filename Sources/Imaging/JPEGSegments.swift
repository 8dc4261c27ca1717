/// Goes from marker to marker (ITU-T T.81 §B.1.1), outside of the coded data.
struct JPEGSegments {
    /// A marker and what belongs to it.
    struct Segment {
        let marker: UInt8
        /// Where the marker's 0xFF stands.
        let start: Int
        /// What follows the length; empty for markers that have none.
        let content: Range<Int>
    }

    private(set) var at: Int

    init(at: Int) { self.at = at }

    /// The next segment, or nil where the bytes end before it does.
    ///
    /// As libjpeg does, skips what is no marker and any number of fill bytes.
    mutating func next(_ bytes: Span<UInt8>) throws(DecodeError) -> Segment? {
        guard let start = Self.marker(in: bytes, from: at) else { return nil }
        let marker = bytes[start + 1]
        switch marker {
        case 0x01, 0xD0...0xD9:  // TEM, RST, SOI, EOI stand alone
            at = start + 2
            return Segment(marker: marker, start: start, content: at..<at)
        default:
            guard let length = bytes.bigEndian16(at: start + 2) else { return nil }
            guard length >= 2 else { throw .corrupt("a segment of \(length) bytes") }
            guard start + 2 + length <= bytes.count else { return nil }
            at = start + 2 + length
            return Segment(marker: marker, start: start, content: start + 4..<at)
        }
    }

    /// Where the next 0xFF stands that is followed by neither a stuffed 0 nor another 0xFF.
    private static func marker(in bytes: Span<UInt8>, from first: Int) -> Int? {
        var at = first
        while at + 1 < bytes.count {
            if bytes[at] == 0xFF && bytes[at + 1] != 0 && bytes[at + 1] != 0xFF { return at }
            at += 1
        }
        return nil
    }
}

extension JPEGHeader {
    /// How many scans there are, and whether the end marker follows them.
    ///
    /// - Complexity: O(bytes); the coded data is passed over, not decoded.
    func survey(_ bytes: Span<UInt8>) -> (scanCount: Int, isEnded: Bool) {
        var segments = JPEGSegments(at: firstScan)
        var scanCount = 0
        while let segment = try? segments.next(bytes) {
            if segment.marker == 0xDA { scanCount += 1 }
            if segment.marker == 0xD9 { return (scanCount, true) }
        }
        return (scanCount, false)
    }
}
