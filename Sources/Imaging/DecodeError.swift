/// Why bytes are not a picture we take.
package enum DecodeError: Error, Equatable {
    /// There are no bytes at all.
    case empty
    /// Not JPEG, PNG or WebP, or a kind of them that is not decoded; `found` names what it is where
    /// the bytes tell (HEIC, GIF, lossless JPEG, …).
    case unsupported(found: String?)
    /// The bytes end before the picture does.
    case truncated
    /// The bytes break the rules of their format; the text says which, in the decoder's words.
    case corrupt(String)
    /// The header names more pixels than `max`; the size is the stored one, not turned upright.
    /// Nothing was decoded.
    case tooManyPixels(PixelSize, max: Int)
    /// A progressive JPEG with more scans than any encoder writes: small to send, slow to decode.
    case tooManyScans
}
