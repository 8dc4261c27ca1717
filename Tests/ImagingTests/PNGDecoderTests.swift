import Testing

@testable import Imaging

@Suite struct PNGDecoderTests {
    static let whole = Goldens.picture("png-rgb-8.png")

    @Test(arguments: [(33 + 8, "IDAT"), (29, "IHDR")])
    func `a wrong checksum of a chunk that matters is an error`(_ at: Int, _ name: String) {
        var bytes = Self.whole
        // The last byte of the chunk's checksum.
        let length = (0..<4).reduce(0) { $0 << 8 | Int(bytes[(name == "IHDR" ? 8 : 33) + $1]) }
        bytes[(name == "IHDR" ? 8 : 33) + 8 + length + 3] ^= 1
        #expect(throws: DecodeError.corrupt("\(name): CRC error")) { try bytes.decoded().size }
    }

    @Test func `pixel data that ends early in whole chunks is an error`() {
        // A zlib stream of one stored byte, then nothing more.
        let data: [UInt8] = [0x78, 0x01, 0x00, 0x01, 0x00, 0xFE, 0xFF, 0x00]
        let bytes =
            [UInt8].pngHeader(width: 5, height: 5) + .chunk("IDAT", data) + .chunk("IEND", [])
        #expect { try bytes.decoded().size } throws: { error in
            guard case .corrupt? = error as? DecodeError else { return false }
            return true
        }
    }

    static let broken: [([UInt8], DecodeError)] = [
        (.pngHeader(width: 0, height: 5), .corrupt("a side of 0 pixels or too many")),
        (.pngHeader(width: 5, height: 1 << 31), .corrupt("a side of 0 pixels or too many")),
        (Signature.png + .chunk("IEND", []), .corrupt("IHDR is not the first chunk")),
        (.pngHeader(width: 5, height: 5), .truncated),
        (
            .pngHeader(width: 5, height: 5) + .bigEndian(0xFFFF_FFFF) + [0, 0, 0, 0],
            .corrupt("a chunk of 4294967295 bytes")
        ),
        (.pngHeader(width: 5, height: 5) + .bigEndian(0x7FFF_FFFF) + [0, 0, 0, 0], .truncated),
    ]

    @Test(arguments: broken)
    func `a broken header is refused from the header alone`(_ bytes: [UInt8], _ error: DecodeError)
    {
        #expect(throws: error) { try bytes.probed() }
    }

    @Test func `a palette picture without a palette is an error`() {
        var header = [UInt8].bigEndian(1) + [UInt8].bigEndian(1) + [8, 3, 0, 0, 0]
        header = Signature.png + .chunk("IHDR", header)
        let bytes =
            header + .chunk("IDAT", [0x78, 1, 0, 2, 0, 0xFD, 0xFF, 0, 0]) + .chunk("IEND", [])
        #expect(throws: DecodeError.corrupt("IDAT: Missing PLTE before IDAT")) {
            try bytes.decoded().size
        }
    }
}
