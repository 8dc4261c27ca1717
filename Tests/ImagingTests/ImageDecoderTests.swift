import Testing

@testable import Imaging

@Suite struct ImageDecoderTests {
    @Test(arguments: Goldens.pictures)
    func `every variant has the pixels that OpenCV reads`(_ golden: Goldens.PictureFile) throws {
        let picture = try golden.bytes.decoded()
        #expect(picture.size == golden.size)
        let samples = picture.samples()
        #expect(samples == golden.expected)
    }

    @Test func `the goldens are all there`() {
        #expect(Goldens.pictures.count >= 125)
        #expect(Goldens.letterboxes.count >= 250)
        #expect(Goldens.boxes.count >= 100)
    }

    @Test(arguments: Goldens.pictures)
    func `the header alone tells the size that decoding gives`(
        _ golden: Goldens.PictureFile
    ) throws {
        let header = try golden.bytes.probed()
        #expect(header.size == golden.size)
        let format: ImageHeader.Format =
            golden.name.hasPrefix("png") ? .png : golden.name.hasPrefix("webp") ? .webp : .jpeg
        #expect(header.format == format)
    }

    static let cutFiles = [
        "jpeg-420.jpg", "jpeg-444-progressive.jpg", "jpeg-cmyk.jpg", "jpeg-orientation-6.jpg",
        "jpeg-restarts.jpg", "png-rgb-8.png", "png-palette-4-interlaced.png",
        "png-orientation-behind.png", "webp-lossy.webp", "webp-lossless-alpha.webp",
        "webp-orientation-6.webp", "webp-animation-small-frame.webp",
    ]

    @Test(arguments: cutFiles)
    func `a picture cut off at any byte is refused as truncated`(_ name: String) {
        let bytes = Goldens.picture(name)
        #expect(throws: DecodeError.empty) { try [UInt8]().decoded().size }
        for count in 1..<bytes.count {
            #expect(throws: DecodeError.truncated, "at \(count) of \(bytes.count)") {
                try Array(bytes[..<count]).decoded().size
            }
        }
    }

    @Test(arguments: Goldens.pictures)
    func `a picture with flipped bits is an error or a picture of the size that was probed`(
        _ golden: Goldens.PictureFile
    ) {
        var generator = Noise(seed: UInt64(golden.bytes.count))
        for _ in 0..<8 {
            var bytes = golden.bytes
            for _ in 0...Int.random(in: 0...2, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            }
            let limits = ImageLimits(pixelsMax: 100_000)
            guard let size = try? bytes.decoded(limits).size else { continue }
            #expect((try? bytes.probed(limits).size) == size)
        }
    }

    static let large: [(String, [UInt8])] = [
        ("png", .pngHeader(width: 20_000, height: 10_000)),
        ("webp", .webpHeader(width: 20_000, height: 10_000)),
        ("jpeg", .jpegHeader(width: 20_000, height: 10_000)),
    ]

    @Test(arguments: large)
    func `a header of 200 megapixels is refused before anything is decoded`(
        _ format: String, _ bytes: [UInt8]
    ) {
        let size = PixelSize(width: 20_000, height: 10_000)
        let error = DecodeError.tooManyPixels(size, max: 100_000_000)
        #expect(throws: error) { try bytes.probed() }
        #expect(throws: error) { try bytes.decoded().size }
    }

    @Test func `the pixel limit is the last number that passes`() throws {
        let bytes = Goldens.picture("png-rgb-8.png")
        #expect(try bytes.decoded(ImageLimits(pixelsMax: 13 * 7)).size.area == 13 * 7)
        #expect(throws: DecodeError.tooManyPixels(PixelSize(width: 13, height: 7), max: 90)) {
            try bytes.decoded(ImageLimits(pixelsMax: 90)).size
        }
    }

    @Test func `the largest sides of a PNG do not overflow`() {
        let side = 0x7FFF_FFFF
        let bytes = [UInt8].pngHeader(width: side, height: side)
        let size = PixelSize(width: side, height: side)
        #expect(throws: DecodeError.tooManyPixels(size, max: 100_000_000)) { try bytes.probed() }
    }
}

/// Repeatable random numbers (splitmix64).
struct Noise: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
