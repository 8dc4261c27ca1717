/// Pixels, (height, width, 3) RGB, 8 bits, rows without padding.
///
/// Owned by one holder at a time and given back with it: a picture of 100 megapixels is 300 MB, so
/// no copy is made by accident.
package struct Picture: ~Copyable, Sendable {
    /// Width and height, each at least 1.
    package let size: PixelSize
    /// A private array: `Picture` cannot be copied, so the array has one owner and is written in place.
    private var storage: [UInt8]

    /// A black picture.
    package init(size: PixelSize) {
        self.init(size: size, filledWith: 0)
    }

    /// A picture with every sample equal to `value`.
    init(size: PixelSize, filledWith value: UInt8) {
        precondition(size.width > 0 && size.height > 0, "a picture has at least one pixel")
        self.size = size
        storage = [UInt8](repeating: value, count: size.area * 3)
    }

    /// The samples, `size.area * 3` bytes.
    package var pixels: Span<UInt8> {
        @_lifetime(borrow self) borrowing get { storage.span }
    }

    /// The samples, to be written.
    package var mutablePixels: MutableSpan<UInt8> {
        @_lifetime(&self) mutating get { storage.mutableSpan }
    }

    /// Bytes from one row to the next.
    var rowBytes: Int { size.width * 3 }
}
