/// Untrusted bytes → upright RGB pixels.
package enum ImageDecoder {
    /// Reads format, size and orientation from the header alone, and checks them against `limits`.
    package static func probe(
        _ bytes: Span<UInt8>, limits: ImageLimits
    ) throws(DecodeError) -> ImageHeader { fatalError("stub") }

    /// Decodes the (first) picture, upright.
    package static func decode(
        _ bytes: Span<UInt8>, limits: ImageLimits
    ) throws(DecodeError) -> Picture { fatalError("stub") }
}

/// What is accepted of a stranger's picture.
package struct ImageLimits: Sendable, Equatable {
    /// Width times height, checked before decoding.
    package var pixelsMax: Int
    package init(pixelsMax: Int = 100_000_000) { self.pixelsMax = pixelsMax }
}

/// What a picture's header says.
package struct ImageHeader: Sendable, Equatable {
    package enum Format: String, Sendable { case jpeg, png, webp }
    package let format: Format
    /// In the upright frame.
    package let size: PixelSize
}

/// Width and height in pixels.
package struct PixelSize: Sendable, Hashable {
    package var width: Int
    package var height: Int
    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}

/// Pixels, (height, width, 3) RGB, 8 bits, rows without padding. Owned: given back by `deinit`.
package struct Picture: ~Copyable, Sendable {
    package let size: PixelSize
    package init(size: PixelSize) { fatalError("stub") }
    package var pixels: Span<UInt8> {
        @_lifetime(borrow self) borrowing get { fatalError("stub") }
    }
    package var mutablePixels: MutableSpan<UInt8> {
        @_lifetime(&self) mutating get { fatalError("stub") }
    }
}

/// Why bytes are not a picture we take.
package enum DecodeError: Error, Equatable {
    case empty
    /// Not JPEG, PNG or WebP; `found` names what it is where the magic bytes tell (HEIC, GIF, …).
    case unsupported(found: String?)
    case truncated
    case corrupt(String)
    case tooManyPixels(PixelSize, max: Int)
    case tooManyScans
}
