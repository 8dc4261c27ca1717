/// Width and height in pixels.
package struct PixelSize: Sendable, Hashable {
    package var width: Int
    package var height: Int

    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// Width times height.
    package var area: Int { width * height }

    /// The size of the picture turned by a quarter.
    var turned: PixelSize { PixelSize(width: height, height: width) }
}
