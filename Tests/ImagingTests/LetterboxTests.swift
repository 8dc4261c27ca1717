import Testing

@testable import Imaging

@Suite struct LetterboxTests {
    @Test(arguments: Goldens.letterboxes)
    func `sizes and pixels are OpenCV's`(_ golden: Goldens.LetterboxCase) {
        let letterbox = golden.letterbox
        #expect(letterbox.target == golden.target)
        #expect(letterbox.resized == golden.resized)
        #expect([letterbox.left, letterbox.top] == [golden.left, golden.top])
        let source = Picture.make(
            width: letterbox.source.width, height: letterbox.source.height, seed: golden.seed)
        let output = letterbox.apply(to: source)
        #expect(output.size == golden.target)
        #expect(Int(Checksum.crc32(output.pixels)) == golden.checksum)
    }

    @Test(arguments: Goldens.boxes)
    func `boxes go back as the reference's do`(_ golden: Goldens.BoxCase) {
        #expect(golden.letterbox.restore(golden.box) == golden.expected)
    }

    @Test(arguments: [
        (640, 32, 640), (641, 32, 672), (1, 32, 32), (0, 32, 32), (-5, 32, 32), (640, 64, 640),
        (650, 64, 704), (640, 8, 640), (630, 8, 640),
    ])
    func `the image size is made a multiple`(_ imageSize: Int, _ stride: Int, _ side: Int) {
        let source = PixelSize(width: 100, height: 100)
        let square = Letterbox(
            source: source, imageSize: imageSize, stride: stride, shape: .square)
        #expect(square.target == PixelSize(width: side, height: side))
    }

    static let rects: [(PixelSize, PixelSize)] = [
        (PixelSize(width: 1920, height: 1080), PixelSize(width: 640, height: 384)),
        (PixelSize(width: 810, height: 1080), PixelSize(width: 480, height: 640)),
        (PixelSize(width: 500, height: 333), PixelSize(width: 640, height: 448)),
        (PixelSize(width: 10_000, height: 1), PixelSize(width: 640, height: 32)),
        (PixelSize(width: 1, height: 1), PixelSize(width: 640, height: 640)),
    ]

    @Test(arguments: rects)
    func `a rect frame is padded only to the next multiple`(
        _ source: PixelSize, _ target: PixelSize
    ) {
        let letterbox = Letterbox(source: source, imageSize: 640, stride: 32, shape: .rect)
        #expect(letterbox.target == target)
    }

    @Test func `the border is grey and the picture inside is whole`() {
        let source = Picture(size: PixelSize(width: 64, height: 32), filledWith: 9)
        let letterbox = Letterbox(source: source.size, imageSize: 64, stride: 32, shape: .square)
        let output = letterbox.apply(to: source)
        let rows = (0..<64).map { output.color(5, $0)[0] }
        let border = [UInt8](repeating: 114, count: 16)
        #expect(rows == border + [UInt8](repeating: 9, count: 32) + border)
    }

    @Test func `a box of the whole frame is the whole picture`() {
        let letterbox = Letterbox(
            source: PixelSize(width: 1921, height: 333), imageSize: 640, stride: 32, shape: .square)
        let box = letterbox.restore(Box(x1: -9, y1: 0, x2: 1e9, y2: .infinity))
        #expect(box == Box(x1: 0, y1: 0, x2: 1921, y2: 333))
    }

    @Test func `a letterbox of another size is our bug`() async {
        await #expect(processExitsWith: .failure) {
            let letterbox = Letterbox(
                source: PixelSize(width: 5, height: 5), imageSize: 32, stride: 32, shape: .rect)
            _ = letterbox.apply(to: Picture(size: PixelSize(width: 4, height: 5)))
        }
    }
}
