/// The one thing that is read of EXIF: which way up the picture is.
enum Exif {
    /// The orientation tag (274) in the first directory of a TIFF structure, or nil if there is none.
    ///
    /// Nothing here is an error: a picture with broken EXIF is a picture. As in OpenCV's reader, the
    /// tag's type and count are not looked at, the first such tag counts, and a value outside 1…8
    /// is upright. What other tags say, or where they point, does not matter.
    static func orientation(_ tiff: Span<UInt8>) -> Orientation? {
        let isBigEndian: Bool
        if tiff.has([0x49, 0x49, 0x2A, 0x00]) {
            isBigEndian = false
        } else if tiff.has([0x4D, 0x4D, 0x00, 0x2A]) {
            isBigEndian = true
        } else {
            return nil
        }
        func number(at index: Int) -> Int? {
            isBigEndian ? tiff.bigEndian16(at: index) : tiff.littleEndian16(at: index)
        }
        let offset = isBigEndian ? tiff.bigEndian32(at: 4) : tiff.littleEndian32(at: 4)
        guard let directory = offset, let entries = number(at: directory) else { return nil }
        for entry in 0..<entries {
            let at = directory + 2 + entry * 12
            guard let tag = number(at: at) else { return nil }
            guard tag == 274 else { continue }
            return number(at: at + 8).map { Orientation(rawValue: $0) ?? .upright }
        }
        return nil
    }
}
