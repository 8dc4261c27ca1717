internal import CPNG

extension PNGHeader {
    /// The pixels of the default image, as stored.
    func decode(_ bytes: Span<UInt8>) throws(DecodeError) -> Picture {
        var picture = Picture(size: size)
        var pixels = picture.mutablePixels
        var message = [UInt8](repeating: 0, count: 128)
        var text = message.mutableSpan
        let status = cpng_decode(
            bytes, UInt32(size.width), UInt32(size.height), &pixels, &text)
        switch cpng_status(UInt32(status)) {
        case CPNG_OK: return picture
        case CPNG_TRUNCATED: throw .truncated
        default: throw .corrupt(String(decoding: message.prefix { $0 != 0 }, as: UTF8.self))
        }
    }
}
