/// Tells formats by their first bytes.
enum Signature {
    static let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF]
    static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// The format of `bytes`.
    ///
    /// - Throws: `empty`, `truncated` if they end inside a signature that we know, else `unsupported`.
    static func format(of bytes: Span<UInt8>) throws(DecodeError) -> ImageHeader.Format {
        guard bytes.count > 0 else { throw .empty }
        if bytes.has(jpeg) { return .jpeg }
        if bytes.has(png) { return .png }
        if bytes.has("RIFF") && bytes.has("WEBP", at: 8) { return .webp }
        let isCutOffWebP =
            bytes.isCutOff(Array("RIFF".utf8)) || (bytes.has("RIFF") && bytes.count < 12)
        if bytes.isCutOff(jpeg) || bytes.isCutOff(png) || isCutOffWebP { throw .truncated }
        throw .unsupported(found: name(of: bytes))
    }

    /// What `bytes` are, of the things that people send in place of a picture that we take.
    static func name(of bytes: Span<UInt8>) -> String? {
        if bytes.has("ftyp", at: 4) { return nameOfContainer(bytes) }
        for (mark, name) in marks where bytes.has(mark) { return name }
        if bytes.has("RIFF") && bytes.has("AVI ", at: 8) { return "AVI video" }
        return nil
    }

    /// ISO base media files (HEIF, MP4) say what they are by brands: the major one, and, where that
    /// is a general one, the compatible ones behind it.
    private static func nameOfContainer(_ bytes: Span<UInt8>) -> String {
        let end = min(bytes.bigEndian32(at: 0) ?? 0, bytes.count, 256)
        var isHEIF = false
        for at in stride(from: 8, to: max(end, 12), by: 4) where at != 12 {  // 12: minor version
            if ["avif", "avis"].contains(where: { bytes.has($0, at: at) }) { return "AVIF" }
            if heifBrands.contains(where: { bytes.has($0, at: at) }) { isHEIF = true }
        }
        return isHEIF ? "HEIC" : bytes.has("jxl ", at: 8) ? "JPEG XL" : "MP4 video"
    }

    private static let heifBrands = [
        "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1",
    ]

    private static let marks: [([UInt8], String)] = [
        (Array("GIF8".utf8), "GIF"),
        (Array("BM".utf8), "BMP"),
        ([0x49, 0x49, 0x2A, 0x00], "TIFF"), ([0x4D, 0x4D, 0x00, 0x2A], "TIFF"),
        ([0x49, 0x49, 0x2B, 0x00], "TIFF"), ([0x4D, 0x4D, 0x00, 0x2B], "TIFF"),
        ([0xFF, 0x0A], "JPEG XL"),
        ([0, 0, 0, 0x0C, 0x4A, 0x58, 0x4C, 0x20], "JPEG XL"),
        ([0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20], "JPEG 2000"),
        ([0xFF, 0x4F, 0xFF, 0x51], "JPEG 2000"),
        ([0, 0, 0x01, 0], "ICO"),
        (Array("%PDF".utf8), "PDF"),
        (Array("8BPS".utf8), "PSD"),
        (Array("<svg".utf8), "SVG"), (Array("<?xml".utf8), "XML"),
        (Array("<!DOCTYPE".utf8), "HTML"), (Array("<!doctype".utf8), "HTML"),
        (Array("<html".utf8), "HTML"),
        (Array("{".utf8), "JSON"),
        ([0x1A, 0x45, 0xDF, 0xA3], "Matroska video"),
        ([0x50, 0x4B, 0x03, 0x04], "ZIP"),
        ([0x1F, 0x8B], "gzip"),
    ]
}
