/// Width and height in pixels.
package struct PixelSize: Sendable, Hashable {
    /// Columns.
    package var width: Int
    /// Rows.
    package var height: Int

    /// A size; what it is for decides which are valid.
    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// Width times height.
    package var area: Int { width * height }

    /// The size of the picture turned by a quarter.
    var turned: PixelSize { PixelSize(width: height, height: width) }
}
