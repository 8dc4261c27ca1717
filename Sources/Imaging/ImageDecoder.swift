/// Untrusted bytes → upright RGB pixels.
///
/// JPEG, PNG and WebP, known by their first bytes, never by a name. The pixels are those that
/// OpenCV's `imdecode(…, IMREAD_COLOR)` gives, byte for byte: alpha is dropped, 16-bit samples keep
/// their high byte, gamma and colour profiles are ignored, of an animation the first frame is
/// taken, and the EXIF orientation is applied. What is cut off or damaged is refused.
package enum ImageDecoder {
    /// Reads format, size and orientation from the header alone, and checks them against `limits`.
    ///
    /// The size is the one that ``decode(_:limits:)`` gives. Pixels are not looked at: bytes that
    /// pass here may still be refused there.
    ///
    /// - Complexity: O(chunks or segments); no pixel memory is allocated.
    /// - Throws: ``DecodeError``; `tooManyPixels` here already.
    package static func probe(
        _ bytes: Span<UInt8>, limits: ImageLimits
    ) throws(DecodeError) -> ImageHeader {
        try Layout(bytes, limits: limits).header
    }

    /// Decodes the (first) picture, upright.
    ///
    /// Where a size is given that shall be covered, a JPEG comes out as small as
    /// ``PixelSize/reduced(covering:)`` says, and not with OpenCV's pixels.
    ///
    /// - Throws: ``DecodeError``; before any pixel memory is allocated if the header says enough.
    package static func decode(
        _ bytes: Span<UInt8>, limits: ImageLimits, covering: PixelSize? = nil
    ) throws(DecodeError) -> Picture {
        let layout = try Layout(bytes, limits: limits)
        let stored: Picture
        switch layout {
        case .jpeg(let header):
            let covered = layout.orientation.swapsAxes ? covering?.turned : covering
            stored = try header.decode(bytes, covering: covered)
        case .png(let header): stored = try header.decode(bytes)
        case .webp(let header): stored = try header.decode(bytes)
        }
        return layout.orientation.upright(stored)
    }
}

/// What is accepted of a stranger's picture.
package struct ImageLimits: Sendable, Equatable {
    /// Width times height, checked before decoding.
    package var pixelsMax: Int

    /// The default asks for 300 MB of pixels at most.
    package init(pixelsMax: Int = 100_000_000) { self.pixelsMax = pixelsMax }

    /// To be called as soon as a size is known, before anything that grows with it.
    func check(_ size: PixelSize) throws(DecodeError) {
        guard size.area <= pixelsMax else { throw .tooManyPixels(size, max: pixelsMax) }
    }
}

/// What a picture's header says.
package struct ImageHeader: Sendable, Equatable {
    /// The formats that are decoded.
    package enum Format: String, Sendable { case jpeg, png, webp }

    /// By the first bytes.
    package let format: Format
    /// In the upright frame.
    package let size: PixelSize
}

/// A header of one of the formats, within the limits.
private enum Layout {
    case jpeg(JPEGHeader)
    case png(PNGHeader)
    case webp(WebPHeader)

    init(_ bytes: Span<UInt8>, limits: ImageLimits) throws(DecodeError) {
        switch try Signature.format(of: bytes) {
        case .jpeg: self = .jpeg(try JPEGHeader(bytes, limits: limits))
        case .png: self = .png(try PNGHeader(bytes, limits: limits))
        case .webp: self = .webp(try WebPHeader(bytes, limits: limits))
        }
    }

    var header: ImageHeader {
        let (format, stored): (ImageHeader.Format, PixelSize) =
            switch self {
            case .jpeg(let header): (.jpeg, header.size)
            case .png(let header): (.png, header.size)
            case .webp(let header): (.webp, header.size)
            }
        return ImageHeader(
            format: format, size: orientation.swapsAxes ? stored.turned : stored)
    }

    var orientation: Orientation {
        switch self {
        case .jpeg(let header): header.orientation
        case .png(let header): header.orientation
        case .webp(let header): header.orientation
        }
    }
}
