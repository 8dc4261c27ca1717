/// Corners in pixels, x to the right and y down from the top left corner of the picture.
package struct Box: Sendable, Equatable {
    /// The left side.
    package var x1: Float
    /// The top.
    package var y1: Float
    /// The right side.
    package var x2: Float
    /// The bottom.
    package var y2: Float

    /// A box by its corners, in any order.
    package init(x1: Float, y1: Float, x2: Float, y2: Float) {
        self.x1 = x1
        self.y1 = y1
        self.x2 = x2
        self.y2 = y2
    }
}
