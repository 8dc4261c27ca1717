/// At which scale of its cosine transform a JPEG is decoded.
package enum JPEGScaling: String, Sendable, Hashable, CaseIterable {
    /// Whole: the pixels are OpenCV's.
    case exact
    /// At 1/2, 1/4 or 1/8, as long as the letterbox still shrinks it. A photograph of many megapixels
    /// takes less than half the time and memory; its pixels differ, and so, a little, do the boxes.
    case reduced
}

extension PixelSize {
    /// The least of 1/8, 1/4, 1/2 of this size (sides rounded up) that is no smaller than `other` in
    /// either side, or the size itself.
    package func reduced(covering other: PixelSize) -> PixelSize {
        for divisor in [8, 4, 2] {
            let size = PixelSize(
                width: (width + divisor - 1) / divisor, height: (height + divisor - 1) / divisor)
            if size.width >= other.width && size.height >= other.height { return size }
        }
        return self
    }
}
