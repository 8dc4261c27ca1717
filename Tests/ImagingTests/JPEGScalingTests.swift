import Testing

@testable import Imaging

struct JPEGScalingTests {
    @Test(arguments: [
        ((4000, 3000), (640, 480), (1000, 750)), ((4000, 3000), (500, 375), (500, 375)),
        ((4000, 3000), (501, 375), (1000, 750)), ((4001, 3000), (501, 375), (501, 375)),
        ((640, 480), (320, 240), (320, 240)), ((640, 480), (640, 480), (640, 480)),
        ((100, 50), (640, 320), (100, 50)), ((9, 1), (1, 1), (2, 1)),
    ])
    func `the least eighth, quarter or half that covers is taken`(
        _ size: (Int, Int), _ other: (Int, Int), _ reduced: (Int, Int)
    ) {
        func pixels(_ size: (Int, Int)) -> PixelSize { PixelSize(width: size.0, height: size.1) }
        #expect(pixels(size).reduced(covering: pixels(other)) == pixels(reduced))
    }

    /// A slope in each channel, which every scale shows alike.
    private static func slope(width: Int, height: Int) throws -> [UInt8] {
        var picture = Picture(size: PixelSize(width: width, height: height))
        var pixels = picture.mutablePixels
        for y in 0..<height {
            for x in 0..<width {
                pixels[(y * width + x) * 3] = UInt8(40 + x)
                pixels[(y * width + x) * 3 + 1] = UInt8(40 + y)
                pixels[(y * width + x) * 3 + 2] = UInt8(40 + (x + y) / 2)
            }
        }
        return try picture.jpeg(quality: 95)
    }

    @Test(arguments: [2, 4, 8])
    func `a reduced picture shows the means of the whole one`(_ divisor: Int) throws {
        let (width, height) = (128, 96)
        let bytes = try Self.slope(width: width, height: height)
        let size = PixelSize(width: width / divisor, height: height / divisor)
        let picture = try ImageDecoder.decode(bytes.span, limits: ImageLimits(), covering: size)
        try #require(picture.size == size)
        for y in 1..<size.height - 1 {
            for x in 1..<size.width - 1 {
                let middleX = 40 + x * divisor + divisor / 2
                let middleY = 40 + y * divisor + divisor / 2
                let color = picture.color(x, y).map(Int.init)
                #expect(abs(color[0] - middleX) <= 4 && abs(color[1] - middleY) <= 4)
                #expect(abs(color[2] - (middleX + middleY) / 2) <= 4)
            }
        }
    }

    @Test(arguments: [
        "jpeg-420.jpg", "jpeg-420-progressive.jpg", "jpeg-411.jpg", "jpeg-grey.jpg",
        "jpeg-cmyk.jpg",
        "jpeg-orientation-6.jpg", "jpeg-1x1.jpg",
    ])
    func `each kind of JPEG is reduced upright, and without a size to cover is what it was`(
        _ name: String
    ) throws {
        let bytes = Goldens.picture(name)
        let whole = try bytes.decoded()
        for divisor in [1, 2, 3, 8] {
            let covered = PixelSize(
                width: (whole.size.width + divisor - 1) / divisor,
                height: (whole.size.height + divisor - 1) / divisor)
            let picture = try ImageDecoder.decode(
                bytes.span, limits: ImageLimits(), covering: covered)
            #expect(picture.size == whole.size.reduced(covering: covered))
            #expect(divisor > 1 || picture.samples() == whole.samples())
        }
    }

    @Test func `pictures of other formats stay whole`() throws {
        let bytes = Goldens.picture("png-rgb-8.png")
        let picture = try ImageDecoder.decode(
            bytes.span, limits: ImageLimits(), covering: PixelSize(width: 1, height: 1))
        #expect(picture.size == (try bytes.decoded().size))
    }

    @Test func `a letterbox takes the reduced picture that covers it`() throws {
        let bytes = try Self.slope(width: 128, height: 96)
        let letterbox = Letterbox(
            source: PixelSize(width: 128, height: 96), imageSize: 64, stride: 32, shape: .rect)
        let whole = letterbox.apply(to: try bytes.decoded())
        let reduced = letterbox.apply(
            to: try ImageDecoder.decode(
                bytes.span, limits: ImageLimits(), covering: letterbox.resized))
        #expect(reduced.size == whole.size)
        for (one, other) in zip(reduced.samples(), whole.samples()) {
            #expect(abs(Int(one) - Int(other)) <= 4)
        }
    }
}
