import Testing

@testable import Imaging

@Suite struct OrientationTests {
    /// Two rows of three: 1 2 3 / 4 5 6.
    static let turned: [(Int, PixelSize, [UInt8])] = [
        (1, PixelSize(width: 3, height: 2), [1, 2, 3, 4, 5, 6]),
        (2, PixelSize(width: 3, height: 2), [3, 2, 1, 6, 5, 4]),
        (3, PixelSize(width: 3, height: 2), [6, 5, 4, 3, 2, 1]),
        (4, PixelSize(width: 3, height: 2), [4, 5, 6, 1, 2, 3]),
        (5, PixelSize(width: 2, height: 3), [1, 4, 2, 5, 3, 6]),
        (6, PixelSize(width: 2, height: 3), [4, 1, 5, 2, 6, 3]),
        (7, PixelSize(width: 2, height: 3), [6, 3, 5, 2, 4, 1]),
        (8, PixelSize(width: 2, height: 3), [3, 6, 2, 5, 1, 4]),
    ]

    @Test(arguments: turned)
    func `each orientation puts the pixels upright`(
        _ number: Int, _ size: PixelSize, _ expected: [UInt8]
    ) throws {
        var stored = Picture(size: PixelSize(width: 3, height: 2))
        var pixels = stored.mutablePixels
        for index in 0..<18 { pixels[index] = UInt8(index / 3 + 1) * (index % 3 == 1 ? 10 : 1) }
        let orientation = try #require(Orientation(rawValue: number))
        let upright = orientation.upright(stored)
        #expect(upright.size == size)
        let samples = upright.samples()
        #expect(samples == expected.flatMap { [$0, $0 * 10, $0] })
    }

    @Test(arguments: Orientation.allCases)
    func `a picture wider than a tile is turned as a small one is`(_ orientation: Orientation) {
        let stored = Picture.make(width: 70, height: 45)
        let samples = stored.samples()
        let upright = orientation.upright(stored)
        // The same rule, a pixel at a time, on another way: back from the upright place.
        let size = upright.size
        for (x, y) in [(0, 0), (size.width - 1, 0), (31, 32), (33, 40), (0, size.height - 1)] {
            var (fromX, fromY) = orientation.swapsAxes ? (y, x) : (x, y)
            if [2, 3, 7, 8].contains(orientation.rawValue) { fromX = 69 - fromX }
            if [3, 4, 6, 7].contains(orientation.rawValue) { fromY = 44 - fromY }
            let at = (fromY * 70 + fromX) * 3
            #expect(upright.color(x, y) == Array(samples[at..<at + 3]))
        }
    }

    @Test func `broken EXIF is no orientation`() {
        let whole: [UInt8] = [
            0x49, 0x49, 0x2A, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0,
        ]
        #expect(Exif.orientation(whole.span) == .turnedLeft)
        for count in whole.indices {
            let part = Array(whole[..<count])
            #expect(Exif.orientation(part.span) == nil)
        }
        for index in 0..<4 {
            var bytes = whole
            bytes[index] ^= 0x40
            #expect(Exif.orientation(bytes.span) == nil)
        }
        var far = whole
        far.replaceSubrange(4..<8, with: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(Exif.orientation(far.span) == nil)
    }
}
