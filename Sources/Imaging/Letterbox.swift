/// Fits an image into the model's frame, keeping its shape, and maps boxes back.
///
/// The sizes, the pixels and the way back are those of Ultralytics' `LetterBox` and `scale_boxes`.
/// The border is grey (114), as in training. Rotation is not applied here: see ``Orientation``.
package struct Letterbox: Sendable, Hashable {
    /// How much border the frame has.
    package enum Shape: String, Sendable, Hashable, CaseIterable {
        /// Just enough for sides that are multiples of max(stride, 32).
        case rect
        /// As much as makes it a square.
        case square
    }

    /// The upright picture that it is made for.
    package let source: PixelSize
    /// The network's input.
    package let target: PixelSize
    /// The picture inside it.
    package let resized: PixelSize
    /// Columns of border on the left.
    package let left: Int
    /// Rows of border above.
    package let top: Int

    /// The value of the border's samples.
    static let border: UInt8 = 114

    /// The letterbox for upright pictures of one size, at least 1 × 1.
    ///
    /// `imageSize` is the model's `imgsz`, rounded up to a multiple of max(stride, 32). A side that
    /// would shrink to nothing (1 of 10,000 × 1) stays 1 pixel wide.
    package init(source: PixelSize, imageSize: Int, stride: Int, shape: Shape) {
        precondition(source.width > 0 && source.height > 0, "a picture has at least one pixel")
        let sideMax = 1 << 20  // far beyond any network; keeps the sums below from overflowing
        let multiple = min(max(stride, 32), sideMax)
        let side = (min(max(imageSize, 1), sideMax) + multiple - 1) / multiple * multiple
        let ratio = min(
            Double(side) / Double(source.height), Double(side) / Double(source.width))
        resized = Self.scaled(source, by: ratio)

        func padding(_ length: Int) -> (before: Int, after: Int) {
            let missing = shape == .rect ? (side - length) % multiple : side - length
            let half = Double(missing) / 2
            return (Self.rounded(half - 0.1), Self.rounded(half + 0.1))
        }
        let horizontal = padding(resized.width)
        let vertical = padding(resized.height)
        self.source = source
        left = horizontal.before
        top = vertical.before
        target = PixelSize(
            width: horizontal.before + resized.width + horizontal.after,
            height: vertical.before + resized.height + vertical.after)
    }

    /// The letterboxed pixels, (target.height, target.width, 3), border 114.
    ///
    /// Equal to OpenCV's `resize` (`INTER_LINEAR`) and `copyMakeBorder` in every byte. The picture is
    /// of the source's size, or decoded at the reduced one that covers ``resized``.
    package func apply(to picture: borrowing Picture) -> Picture {
        var output = Picture(size: target)
        let rowBytes = output.rowBytes
        var samples = output.mutablePixels
        apply(to: picture) { rows, pixels in
            let start = rows.lowerBound * rowBytes
            for index in pixels.indices { samples[start + index] = pixels[index] }
        }
        return output
    }

    /// The same pixels from above, some rows at a time, (rows, target.width, 3): they are few enough to
    /// be still in the nearest cache when they are used.
    package func apply(
        to picture: borrowing Picture, _ use: (_ rows: Range<Int>, _ pixels: Span<UInt8>) -> Void
    ) {
        precondition(
            picture.size == source || picture.size == source.reduced(covering: resized),
            "a letterbox is made for one size of picture")
        let band = 8
        let rowBytes = target.width * 3
        var samples = [UInt8](repeating: Self.border, count: band * rowBytes)
        var resizing = Resizing(picture.size, to: resized)
        for first in stride(from: 0, to: target.height, by: band) {
            let rows = first..<min(first + band, target.height)
            var output = samples.mutableSpan
            for y in rows {
                let start = (y - first) * rowBytes
                if y >= top && y < top + resized.height {
                    resizing.write(row: y - top, of: picture, to: &output, at: start + left * 3)
                } else {  // may hold a row of the band before
                    for index in start..<start + rowBytes { output[index] = Self.border }
                }
            }
            use(rows, samples.span.extracting(0..<rows.count * rowBytes))
        }
    }

    /// A box of the target on the source, clipped to it.
    ///
    /// As `scale_boxes` does, the gain is taken anew from the two sizes: where the resized picture
    /// happened to need no border after rounding, it differs from the letterbox's own ratio by less
    /// than a pixel of the target, and the reference's boxes are the ones to be equal to.
    package func restore(_ box: Box) -> Box {
        let ratio = min(
            Double(target.height) / Double(source.height),
            Double(target.width) / Double(source.width))
        let inside = Self.scaled(source, by: ratio)
        func axis(_ source: Int, _ inside: Int, _ target: Int) -> (Float) -> Float {
            let gain = Float(Double(inside) / Double(source))
            let pad = Float(Self.rounded(Double(target - inside) / 2 - 0.1))
            return { min(max(($0 - pad) / gain, 0), Float(source)) }
        }
        let x = axis(source.width, inside.width, target.width)
        let y = axis(source.height, inside.height, target.height)
        return Box(x1: x(box.x1), y1: y(box.y1), x2: x(box.x2), y2: y(box.y2))
    }

    private static func scaled(_ size: PixelSize, by ratio: Double) -> PixelSize {
        PixelSize(
            width: max(rounded(Double(size.width) * ratio), 1),
            height: max(rounded(Double(size.height) * ratio), 1))
    }

    /// Halves go to the even neighbour, as in Python.
    private static func rounded(_ value: Double) -> Int {
        Int(value.rounded(.toNearestOrEven))
    }
}
