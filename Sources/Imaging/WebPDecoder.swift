internal import CWebP

extension WebPHeader {
    /// The pixels as stored; of an animation, the first frame on a black canvas.
    func decode(_ bytes: Span<UInt8>) throws(DecodeError) -> Picture {
        var picture = Picture(size: size)
        var pixels = picture.mutablePixels
        if isAnimated {
            try decodeFirstFrame(bytes, into: &pixels)
        } else {
            // The buffer is alive for the call and not kept.
            let status = unsafe bytes.withUnsafeBufferPointer { source in
                unsafe decode(source, into: &pixels, left: 0, top: 0, size: size)
            }
            try check(status)
        }
        return picture
    }

    private func decodeFirstFrame(
        _ bytes: Span<UInt8>, into pixels: inout MutableSpan<UInt8>
    ) throws(DecodeError) {
        // The demuxer and the frame point into `source`, and both are given back inside.
        let status: VP8StatusCode? = unsafe bytes.withUnsafeBufferPointer { source in
            var data = unsafe WebPData(bytes: source.baseAddress, size: source.count)
            guard let demuxer = unsafe WebPDemux(&data) else { return nil }
            defer { unsafe WebPDemuxDelete(demuxer) }
            guard unsafe WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_WIDTH) == UInt32(size.width),
                unsafe WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_HEIGHT) == UInt32(size.height)
            else { return nil }
            var frame = unsafe WebPIterator()
            guard unsafe WebPDemuxGetFrame(demuxer, 1, &frame) != 0 else { return nil }
            defer { unsafe WebPDemuxReleaseIterator(&frame) }
            let fragment = unsafe UnsafeBufferPointer(
                start: frame.fragment.bytes, count: frame.fragment.size)
            return unsafe decode(
                fragment, into: &pixels, left: Int(frame.x_offset), top: Int(frame.y_offset),
                size: PixelSize(width: Int(frame.width), height: Int(frame.height)))
        }
        guard let status else { throw .corrupt("an animation without a first frame") }
        try check(status)
    }

    /// Decodes a still picture of exactly `frame` into its place on the canvas.
    private func decode(
        _ source: UnsafeBufferPointer<UInt8>, into pixels: inout MutableSpan<UInt8>,
        left: Int, top: Int, size frame: PixelSize
    ) -> VP8StatusCode {
        guard left >= 0, top >= 0, left + frame.width <= size.width,
            top + frame.height <= size.height, pixels.count == size.area * 3
        else { return VP8_STATUS_BITSTREAM_ERROR }
        var config = unsafe WebPDecoderConfig()
        guard unsafe WebPInitDecoderConfig(&config) != 0 else { return VP8_STATUS_OUT_OF_MEMORY }
        let features = unsafe WebPGetFeatures(source.baseAddress, source.count, &config.input)
        guard features == VP8_STATUS_OK else { return features }
        guard unsafe Int(config.input.width) == frame.width,
            unsafe Int(config.input.height) == frame.height
        else { return VP8_STATUS_BITSTREAM_ERROR }
        return unsafe pixels.withUnsafeMutableBufferPointer { canvas in
            // In bounds: the frame lies inside the canvas (checked above), so its last byte does;
            // libwebp checks the length it is given against the frame once more.
            let start = (top * size.width + left) * 3
            unsafe config.output.colorspace = MODE_RGB
            unsafe config.output.is_external_memory = 1
            unsafe config.output.u.RGBA.rgba = canvas.baseAddress.map { unsafe $0 + start }
            unsafe config.output.u.RGBA.stride = CInt(size.width * 3)
            unsafe config.output.u.RGBA.size = canvas.count - start
            defer { unsafe WebPFreeDecBuffer(&config.output) }
            return unsafe WebPDecode(source.baseAddress, source.count, &config)
        }
    }

    private func check(_ status: VP8StatusCode) throws(DecodeError) {
        switch status {
        case VP8_STATUS_OK: return
        case VP8_STATUS_NOT_ENOUGH_DATA, VP8_STATUS_SUSPENDED: throw .truncated
        case VP8_STATUS_UNSUPPORTED_FEATURE: throw .corrupt("an unknown WebP feature")
        default: throw .corrupt("damaged WebP data")
        }
    }
}
