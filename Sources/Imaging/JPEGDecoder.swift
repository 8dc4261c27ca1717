internal import CTurboJPEG

extension JPEGHeader {
    /// More scans than any encoder writes.
    ///
    /// The longest scripts in use have about a dozen scans. Each scan costs a
    /// pass over the whole picture, however few bytes it has.
    static let scanCountMax = 100

    /// The pixels as stored, or of a reduced scale that still covers a size in the stored frame.
    ///
    /// TurboJPEG's defaults (accurate DCT, smooth chroma upsampling) are OpenCV's.
    func decode(_ bytes: Span<UInt8>, covering: PixelSize? = nil) throws(DecodeError) -> Picture {
        if isProgressive && survey(bytes).scanCount > Self.scanCountMax { throw .tooManyScans }
        let size = covering.map { self.size.reduced(covering: $0) } ?? self.size
        var picture = Picture(size: size)
        if componentCount == 4 {
            var inks = [UInt8](repeating: 0, count: size.area * 4)
            var samples = inks.mutableSpan
            try decode(bytes, at: size, into: &samples, samplesPerPixel: 4, format: TJPF_CMYK)
            picture.fill(fromInks: inks.span)
        } else {
            var samples = picture.mutablePixels
            try decode(bytes, at: size, into: &samples, samplesPerPixel: 3, format: TJPF_RGB)
        }
        return picture
    }

    private func decode(
        _ bytes: Span<UInt8>, at size: PixelSize, into samples: inout MutableSpan<UInt8>,
        samplesPerPixel: Int, format: TJPF
    ) throws(DecodeError) {
        precondition(samples.count == size.area * samplesPerPixel)
        guard let decoder = unsafe tjInitDecompress() else { throw .corrupt("no JPEG decoder") }
        defer { unsafe _ = tjDestroy(decoder) }
        // In bounds: TurboJPEG takes the largest scale that fits into `height` rows of `width`
        // pixels, one behind the other, whatever size it finds in the bytes, and `samples` holds
        // as many (checked above). Neither pointer is kept.
        let result = unsafe bytes.withUnsafeBufferPointer { source in
            unsafe samples.withUnsafeMutableBufferPointer { target in
                unsafe tjDecompress2(
                    decoder, source.baseAddress, UInt(source.count), target.baseAddress,
                    CInt(size.width), CInt(size.width * samplesPerPixel), CInt(size.height),
                    format.rawValue, TJFLAG_LIMITSCANS)
            }
        }
        guard result != 0 else { return }
        // The text lives in `decoder`, which is alive here; it is copied.
        let message = unsafe String(cString: tjGetErrorStr2(decoder))
        if let error = verdict(on: message, bytes) { throw error }
    }

    /// What a message of TurboJPEG's means for the picture: nil if it may be used.
    ///
    /// The message alone tells a warning from an error: the library's error code says "warning"
    /// also when an error follows one. A later error's words replace a warning's; of several
    /// warnings the first one's stay, so the end marker is looked for besides. A picture that is
    /// whole but damaged inside passes, as it does in OpenCV.
    private func verdict(on message: String, _ bytes: Span<UInt8>) -> DecodeError? {
        func begins(_ words: String) -> Bool { message.utf8.starts(with: words.utf8) }
        let endsEarly = begins("Premature end") || begins("Corrupt JPEG data: premature end")
        if endsEarly || !survey(bytes).isEnded { return .truncated }
        if Self.warnings.contains(where: begins) { return nil }
        return begins("Progressive JPEG image has more than") ? .tooManyScans : .corrupt(message)
    }

    /// How libjpeg's warnings begin.
    private static let warnings = [
        "Corrupt JPEG data", "Inconsistent progression", "Invalid SOS parameters",
        "Unknown Adobe color transform", "Warning",
    ]
}

extension Picture {
    /// Cyan, magenta, yellow and key, stored inverted as Adobe does it, to red, green and blue.
    ///
    /// OpenCV's formula: with c, k in 0…255, k − (((255 − c)·k) >> 8); it is c·k/255 to within 1.
    fileprivate mutating func fill(fromInks inks: Span<UInt8>) {
        let count = size.area
        precondition(inks.count == count * 4)
        var output = mutablePixels
        for pixel in 0..<count {
            let key = Int(inks[pixel * 4 + 3])
            for channel in 0..<3 {
                let ink = Int(inks[pixel * 4 + channel])
                output[pixel * 3 + channel] = UInt8(key - (((255 - ink) * key) >> 8))
            }
        }
    }
}

extension Picture {
    /// The picture as a baseline JPEG, chroma halved in both directions (4:2:0).
    ///
    /// A quality outside 1…100 is brought inside.
    ///
    /// - Throws: `tooLong` if a side is longer than libjpeg writes (65,500 pixels).
    package borrowing func jpeg(quality: Int) throws(EncodeError) -> [UInt8] {
        let sideMax = 65_500
        guard size.width <= sideMax, size.height <= sideMax else {
            throw .tooLong(sideMax: sideMax)
        }
        guard let encoder = unsafe tjInitCompress() else { throw .failed("no JPEG encoder") }
        defer { unsafe _ = tjDestroy(encoder) }
        let width = CInt(size.width)
        let height = CInt(size.height)
        let sampling = TJSAMP_420.rawValue
        var output = [UInt8](repeating: 0, count: Int(tjBufSize(width, height, CInt(sampling))))
        var byteCount = UInt(output.count)
        // In bounds: `pixels` holds height rows of width·3 bytes, and `output` is as long as
        // `tjBufSize` asks for; with NOREALLOC it is not replaced. Neither pointer is kept.
        let result = unsafe pixels.withUnsafeBufferPointer { source in
            unsafe output.withUnsafeMutableBufferPointer { target in
                var start = target.baseAddress
                return unsafe tjCompress2(
                    encoder, source.baseAddress, width, width * 3, height, TJPF_RGB.rawValue,
                    &start, &byteCount, CInt(sampling), CInt(min(max(quality, 1), 100)),
                    TJFLAG_NOREALLOC)
            }
        }
        guard result == 0 else { throw .failed(unsafe String(cString: tjGetErrorStr2(encoder))) }
        output.removeLast(output.count - Int(byteCount))
        return output
    }
}
