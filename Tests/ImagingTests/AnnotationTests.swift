import Testing

@testable import Imaging

extension Annotation {
    static func make(
        box: Box = Box(x1: 10, y1: 30, x2: 60, y2: 80), label: String = "cat", classID: Int = 3,
        confidence: Float = 0.87
    ) -> Annotation {
        Annotation(box: box, label: label, classID: classID, confidence: confidence)
    }
}

@Suite struct AnnotationTests {
    @Test(arguments: [
        ("person", Float(0.874), "person 0.87"), ("traffic light", 1, "traffic light 1.00"),
        ("~!{|}", 0.056, "~!{|} 0.06"), ("猫", 0.5, "#12 0.50"), ("café", 0.5, "#12 0.50"),
        ("", 0.5, "#12 0.50"), ("a\nb", 0.5, "#12 0.50"), ("e\u{301}", 0.5, "#12 0.50"),
        ("x", .nan, "x 0.00"), ("x", .infinity, "x 1.00"), ("x", -1, "x 0.00"),
    ])
    func `the class number stands for a label that has no glyphs`(
        _ label: String, _ confidence: Float, _ caption: String
    ) {
        let annotation = Annotation.make(label: label, classID: 12, confidence: confidence)
        #expect(annotation.caption == caption)
    }

    @Test func `the outline is drawn inside the box in the class's colour`() {
        var picture = Picture(size: PixelSize(width: 100, height: 100))
        picture.draw([.make()])
        let color = Color.ofClass(3)
        let expected = [color.red, color.green, color.blue]
        for (x, y) in [(10, 30), (59, 79), (11, 50), (58, 50), (30, 79), (30, 78)] {
            #expect(picture.color(x, y) == expected)
        }
        for (x, y) in [(12, 50), (57, 50), (60, 50), (9, 50), (30, 77), (30, 80)] {
            #expect(picture.color(x, y) == [0, 0, 0])
        }
    }

    @Test func `letters are drawn dot by dot above the box`() {
        var picture = Picture(size: PixelSize(width: 100, height: 100))
        picture.draw([.make(label: "L")])
        // The caption starts a dot right of the box's left side and nine rows above its top.
        let text = Color.ofClass(3).ofText
        let dots = (0..<7).map { row in
            (0..<5).map { column in
                picture.color(11 + column, 21 + row) == [text.red, text.green, text.blue]
            }
        }
        let upright = [true, false, false, false, false]
        #expect(
            dots == [[Bool]](repeating: upright, count: 6) + [[Bool](repeating: true, count: 5)])
    }

    static let hostile: [Box] = [
        Box(x1: .nan, y1: 0, x2: 10, y2: 10), Box(x1: 0, y1: 0, x2: .infinity, y2: .infinity),
        Box(x1: -.infinity, y1: -1e30, x2: 1e30, y2: 3), Box(x1: 9, y1: 9, x2: 1, y2: 1),
        Box(x1: 5, y1: 5, x2: 5, y2: 5), Box(x1: 1e20, y1: 1e20, x2: 1e21, y2: 1e21),
    ]

    @Test(arguments: hostile, [PixelSize(width: 1, height: 1), PixelSize(width: 40, height: 9)])
    func `any box on any picture is drawn inside or not at all`(_ box: Box, _ size: PixelSize) {
        var picture = Picture(size: size)
        picture.draw([.make(box: box, label: "a rather long label", classID: .min)])
        #expect(picture.samples().contains { $0 != 0 } == (box.x1 <= box.x2))
    }

    @Test func `a label at the right edge is moved inside`() {
        var picture = Picture(size: PixelSize(width: 200, height: 60))
        picture.draw([.make(box: Box(x1: 195, y1: 30, x2: 200, y2: 60), label: "cat")])
        let color = Color.ofClass(3)
        // "cat 0.87" is 8 letters of 6 dots and one dot of margin: 49 wide, 10 high.
        #expect(picture.color(200 - 49, 20) == [color.red, color.green, color.blue])
        #expect(picture.color(200 - 50, 20) == [0, 0, 0])
    }

    @Test func `the most confident lies on top`() {
        var picture = Picture(size: PixelSize(width: 100, height: 100))
        picture.draw([.make(classID: 0, confidence: 0.9), .make(classID: 1, confidence: 0.3)])
        let color = Color.ofClass(0)
        #expect(picture.color(10, 50) == [color.red, color.green, color.blue])
    }
}

@Suite struct FontTests {
    @Test func `every printable letter has its own glyph`() {
        let letters = (32...126).map { Character(Unicode.Scalar(UInt8($0))) }
        let glyphs = letters.compactMap(Font.glyph)
        #expect(glyphs.count == 95)
        #expect(Set(glyphs).count == 95)
        #expect(glyphs.allSatisfy { $0.count == Font.glyphHeight && $0.allSatisfy { $0 < 32 } })
        #expect(Font.glyph(" ") == [UInt8](repeating: 0, count: 8))
        #expect(Font.glyph("L") == [16, 16, 16, 16, 16, 16, 31, 0])
    }

    @Test(arguments: ["\u{7F}", "\n", "é", "猫", "\u{0}", "👍"])
    func `other letters have none`(_ text: String) {
        #expect(!Font.canDraw(text))
    }
}
