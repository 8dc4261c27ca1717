/// A box to draw, with its words.
package struct Annotation: Sendable, Equatable {
    /// On the picture that is drawn on.
    package let box: Box
    /// The class's name, in any script.
    package let label: String
    /// Chooses the colour, and stands for a name that cannot be drawn.
    package let classID: Int
    /// 0…1.
    package let confidence: Float

    /// An annotation; nothing is checked, drawing takes what comes.
    package init(box: Box, label: String, classID: Int, confidence: Float) {
        self.box = box
        self.label = label
        self.classID = classID
        self.confidence = confidence
    }

    /// The label and the confidence to two places, as in `person 0.87`.
    ///
    /// Where a letter of the label has no glyph (or there is no letter), the class number stands
    /// for it: `#12 0.87`.
    var caption: String {
        let name = !label.isEmpty && Font.canDraw(label) ? label : "#\(classID)"
        let bounded = confidence.isNaN ? 0 : min(max(confidence, 0), 1)
        let hundredths = Int((bounded * 100).rounded())
        return "\(name) \(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10)"
    }
}

extension Picture {
    /// Draws boxes and labels onto the pixels.
    ///
    /// Lines and letters grow with the picture. The first annotation is drawn last, over the
    /// others: detections come by falling confidence. What lies outside is left out; a box whose
    /// corners are no numbers, or change places, is not drawn.
    package mutating func draw(_ annotations: [Annotation]) {
        for annotation in annotations.reversed() {
            guard let frame = Rectangle(annotation.box, in: size) else { continue }
            let color = Color.ofClass(annotation.classID)
            outline(frame, color)
            write(annotation.caption, at: frame, color)
        }
    }

    /// One for small pictures, two at 640 × 480, eleven at 4000 × 3000.
    private var dotSize: Int { max(((size.width + size.height) * 3 + 1000) / 2000, 1) }

    private mutating func outline(_ frame: Rectangle, _ color: Color) {
        let line = max(dotSize, 2)
        let innerLeft = min(frame.left + line, frame.right)
        let innerRight = max(frame.right - line, innerLeft)
        let innerTop = min(frame.top + line, frame.bottom)
        let innerBottom = max(frame.bottom - line, innerTop)
        fill(frame.left..<frame.right, frame.top..<innerTop, color)
        fill(frame.left..<frame.right, innerBottom..<frame.bottom, color)
        fill(frame.left..<innerLeft, innerTop..<innerBottom, color)
        fill(innerRight..<frame.right, innerTop..<innerBottom, color)
    }

    /// Writes above the frame, or just inside it where there is no room; never outside the picture
    /// as long as smaller letters help.
    private mutating func write(_ caption: String, at frame: Rectangle, _ color: Color) {
        let columns = caption.count * Font.advance + 1  // a dot of margin on the left
        let rows = Font.glyphHeight + 2  // a dot above and one below
        var dot = dotSize
        while dot > 1 && (columns * dot > size.width || rows * dot > size.height) { dot -= 1 }
        let width = columns * dot
        let height = rows * dot
        let left = max(min(frame.left, size.width - width), 0)
        let above = frame.top >= height ? frame.top - height : frame.top
        let top = max(min(above, size.height - height), 0)
        fill(left..<left + width, top..<top + height, color)
        var x = left + dot
        for letter in caption {
            for (row, dots) in (Font.glyph(letter) ?? []).enumerated() {
                let y = top + (1 + row) * dot
                for column in 0..<Font.glyphWidth
                where dots >> (Font.glyphWidth - 1 - column) & 1 == 1 {
                    fill(
                        x + column * dot..<x + (column + 1) * dot, y..<y + dot, color.ofText)
                }
            }
            x += Font.advance * dot
        }
    }

    /// Fills what of the rectangle lies inside the picture.
    private mutating func fill(_ columns: Range<Int>, _ rows: Range<Int>, _ color: Color) {
        let columns = columns.clamped(to: 0..<size.width)
        let rows = rows.clamped(to: 0..<size.height)
        let rowBytes = rowBytes
        var pixels = mutablePixels
        for y in rows {
            for x in columns {
                let at = y * rowBytes + x * 3
                pixels[at] = color.red
                pixels[at + 1] = color.green
                pixels[at + 2] = color.blue
            }
        }
    }
}

/// A box on whole pixels inside the picture.
private struct Rectangle {
    let left: Int
    let top: Int
    let right: Int
    let bottom: Int

    init?(_ box: Box, in size: PixelSize) {
        guard box.x1 <= box.x2, box.y1 <= box.y2 else { return nil }  // so none is NaN
        func pixel(_ value: Float, _ end: Int) -> Int {
            Int(min(max(value, 0), Float(end)).rounded())
        }
        left = pixel(box.x1, size.width)
        right = pixel(box.x2, size.width)
        top = pixel(box.y1, size.height)
        bottom = pixel(box.y2, size.height)
    }
}
