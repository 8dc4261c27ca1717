import Testing

@testable import Imaging

@Suite struct JPEGDecoderTests {
    @Test(arguments: [
        (UInt8(0xC3), UInt8(8), UInt8(1), "lossless or hierarchical JPEG"),
        (0xC1, 12, 1, "JPEG with 12-bit samples"), (0xC0, 8, 2, "JPEG with 2 components"),
    ])
    func `kinds of JPEG that are not decoded are named`(
        _ frame: UInt8, _ precision: UInt8, _ components: UInt8, _ name: String
    ) {
        let bytes = [UInt8].jpegHeader(
            width: 8, height: 8, frame: frame, precision: precision, components: components)
        #expect(throws: DecodeError.unsupported(found: name)) { try bytes.probed() }
    }

    static let broken: [([UInt8], String)] = [
        (.jpegHeader(width: 0, height: 8), "a side of 0 pixels"),
        (.jpegHeader(width: 8, height: 0), "a side of 0 pixels"),
        ([0xFF, 0xD8, 0xFF, 0xD9], "no picture before the end marker"),
        ([0xFF, 0xD8, 0xFF, 0xDA, 0, 2], "a scan before the frame header"),
        ([0xFF, 0xD8, 0xFF, 0xE0, 0, 1], "a segment of 1 bytes"),
        ([0xFF, 0xD8, 0xFF, 0xC0, 0, 4, 8, 0], "a frame header that is too short"),
        (
            .jpegHeader(
                width: 8, height: 8, before: Array([UInt8].jpegHeader(width: 8, height: 9)[2..<15])),
            "two frame headers"
        ),
    ]

    @Test(arguments: broken)
    func `a broken header is refused from the header alone`(_ bytes: [UInt8], _ words: String) {
        #expect(throws: DecodeError.corrupt(words)) { try bytes.probed() }
    }

    // A grey progressive JPEG of 8 × 8 with one-bit tables: a scan costs a dozen bytes, yet each
    // one is a pass over the picture.
    private static func progressive(scans: Int) -> [UInt8] {
        let one: [UInt8] = [1] + [UInt8](repeating: 0, count: 15)
        var tables: [UInt8] = [0xFF, 0xDB, 0, 67, 0] + [UInt8](repeating: 1, count: 64)
        tables += [0xFF, 0xC4, 0, 20, 0x00] + one + [0]
        tables += [0xFF, 0xC4, 0, 20, 0x10] + one + [0]
        var bytes = [UInt8].jpegHeader(width: 8, height: 8, before: tables, frame: 0xC2)
        bytes.removeLast(10)
        bytes += [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0, 0x7F]
        for _ in 1..<scans { bytes += [0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 63, 0, 0x7F] }
        return bytes + [0xFF, 0xD9]
    }

    @Test func `scans are counted before they are decoded`() throws {
        #expect(try Self.progressive(scans: 100).decoded().size.area == 64)
        #expect(throws: DecodeError.tooManyScans) {
            try Self.progressive(scans: 101).decoded().size
        }
    }

    // TurboJPEG's error code says "warning" when an error follows a warning: a picture of which
    // not a row was decoded passed as a black one.
    @Test func `an error behind a warning is an error`() throws {
        var bytes = Goldens.picture("jpeg-444.jpg")
        let table = try #require(bytes.firstRange(of: [0xFF, 0xC4]))
        bytes[table.lowerBound + 5] = 0xFF  // more codes of one bit than there are
        bytes.insert(contentsOf: [1, 2, 3], at: table.lowerBound)  // a warning
        #expect { try bytes.decoded().size } throws: { error in
            guard case .corrupt(let words)? = error as? DecodeError else { return false }
            return words.contains("Huffman")
        }
    }

    @Test func `a missing end marker is a truncation also behind a harmless warning`() {
        let bytes = Goldens.picture("jpeg-bytes-before-end.jpg")
        #expect(throws: Never.self) { try bytes.decoded().size }
        #expect(throws: DecodeError.truncated) {
            try Array(bytes[..<(bytes.count - 2)]).decoded().size
        }
    }

    @Test func `data that ends early before an end marker is a truncation`() {
        let bytes = Goldens.picture("jpeg-444.jpg")
        #expect(throws: DecodeError.truncated) {
            try (Array(bytes[..<(bytes.count * 7 / 8)]) + [0xFF, 0xD9]).decoded().size
        }
    }

    // The tolerance is what the quantisation of a flat block may cost: 255 / 8 / 2 in luma at
    // quality 1, and nearly twice as much again by the chroma.
    @Test(arguments: [(1, 45), (50, 6), (100, 2)])
    func `an encoded picture comes back`(_ quality: Int, _ tolerance: Int) throws {
        var picture = Picture(size: PixelSize(width: 50, height: 35), filledWith: 200)
        picture.draw([.make(box: Box(x1: 0, y1: 0, x2: 15, y2: 17), label: "")])
        let again = try picture.jpeg(quality: quality).decoded()
        #expect(again.size == picture.size)
        #expect(again.color(45, 30).allSatisfy { abs(Int($0) - 200) <= tolerance })
        #expect(again.samples() != picture.samples())
    }

    @Test func `a quality outside 1 to 100 is brought inside`() throws {
        let picture = Picture.make()
        let (least, most) = (try picture.jpeg(quality: -3), try picture.jpeg(quality: 1000))
        #expect(least == (try picture.jpeg(quality: 1)))
        #expect(most == (try picture.jpeg(quality: 100)))
    }

    @Test func `a side longer than a JPEG can have is an error`() {
        let picture = Picture(size: PixelSize(width: 65_501, height: 1))
        #expect(throws: EncodeError.tooLong(sideMax: 65_500)) { try picture.jpeg(quality: 90) }
    }
}
