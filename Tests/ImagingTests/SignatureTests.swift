import Testing

@testable import Imaging

@Suite struct SignatureTests {
    static let others: [([UInt8], String?)] = [
        (ftyp("heic"), "HEIC"), (ftyp("mif1", "miaf", "heic"), "HEIC"), (ftyp("hevc"), "HEIC"),
        (ftyp("avif"), "AVIF"), (ftyp("mif1", "miaf", "avif"), "AVIF"), (ftyp("avis"), "AVIF"),
        (ftyp("isom", "mp42"), "MP4 video"), (ftyp("jxl "), "JPEG XL"),
        (Array("GIF89a".utf8), "GIF"), (Array("GIF87a".utf8), "GIF"),
        (Array("BM".utf8) + [0, 0, 0, 0], "BMP"),
        ([0x49, 0x49, 0x2A, 0, 8, 0, 0, 0], "TIFF"), ([0x4D, 0x4D, 0, 0x2A, 0, 0, 0, 8], "TIFF"),
        ([0xFF, 0x0A, 0], "JPEG XL"),
        ([0, 0, 0, 12, 0x4A, 0x58, 0x4C, 0x20, 13, 10, 0x87, 10], "JPEG XL"),
        ([0, 0, 0, 12, 0x6A, 0x50, 0x20, 0x20, 13, 10, 0x87, 10], "JPEG 2000"),
        (Array("{\"image\":".utf8), "JSON"), (Array("<!doctype html>".utf8), "HTML"),
        (Array("%PDF-1.7".utf8), "PDF"), (Array("<svg ".utf8), "SVG"),
        (Array("RIFF".utf8) + [9, 0, 0, 0] + Array("AVI LIST".utf8), "AVI video"),
        (Array("RIFF".utf8) + [9, 0, 0, 0] + Array("WAVEfmt ".utf8), nil),
        (Array("just words".utf8), nil), ([0], nil), ([0xFF, 0xD8, 0x00], nil),
    ]

    @Test(arguments: others)
    func `what is not taken is named by its first bytes`(_ bytes: [UInt8], _ name: String?) {
        #expect(throws: DecodeError.unsupported(found: name)) { try bytes.probed() }
        #expect(throws: DecodeError.unsupported(found: name)) { try bytes.decoded().size }
    }

    @Test func `no bytes are said to be none`() {
        #expect(throws: DecodeError.empty) { try [UInt8]().probed() }
    }

    /// The first box of an ISO base media file.
    private static func ftyp(_ major: String, _ compatible: String...) -> [UInt8] {
        let brands = Array(major.utf8) + [0, 0, 0, 0] + compatible.flatMap { Array($0.utf8) }
        return .bigEndian(brands.count + 8) + Array("ftyp".utf8) + brands
    }
}
