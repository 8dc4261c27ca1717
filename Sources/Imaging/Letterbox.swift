/// Fits an image into the model's frame, keeping its shape, and maps boxes back.
package struct Letterbox: Sendable, Hashable {
    package enum Shape: String, Sendable, Hashable, CaseIterable { case rect, square }
    package let source: PixelSize
    /// The network's input.
    package let target: PixelSize
    /// The picture inside it.
    package let resized: PixelSize
    package let left: Int
    package let top: Int

    /// - Parameter imageSize: the model's `imgsz`; rounded up to a multiple of max(stride, 32).
    package init(source: PixelSize, imageSize: Int, stride: Int, shape: Shape) { fatalError("stub") }

    /// The letterboxed pixels, (target.height, target.width, 3), border 114.
    package func apply(to picture: borrowing Picture) -> Picture { fatalError("stub") }

    /// A box of the target on the source, clipped to it.
    package func restore(_ box: Box) -> Box { fatalError("stub") }
}

/// Corners in pixels.
package struct Box: Sendable, Equatable {
    package var x1: Float
    package var y1: Float
    package var x2: Float
    package var y2: Float
    package init(x1: Float, y1: Float, x2: Float, y2: Float) {
        self.x1 = x1
        self.y1 = y1
        self.x2 = x2
        self.y2 = y2
    }
}
