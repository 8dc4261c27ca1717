import CZlib

/// zlib's checksum and inflate: the one file that meets the C library.
enum Zlib {
    /// The CRC-32 of bytes, as a zip's directory holds it.
    static func crc32(_ bytes: Span<UInt8>) -> UInt32 {
        var sum: UInt = 0
        unsafe bytes.withUnsafeBufferPointer { buffer in
            // crc32_z reads `count` bytes from the start of the buffer.
            sum = unsafe CZlib.crc32_z(0, buffer.baseAddress, buffer.count)
        }
        return UInt32(truncatingIfNeeded: sum)
    }

    /// Inflates raw deflate data to exactly `count` bytes; nil if it is not that.
    static func inflate(_ deflated: Span<UInt8>, count: Int) -> [UInt8]? {
        guard let available = UInt32(exactly: deflated.count), let room = UInt32(exactly: count)
        else { return nil }
        var stream = unsafe z_stream()
        // A negative window size means data without zlib's header and checksum, as in a zip.
        guard
            unsafe inflateInit2_(
                &stream, -MAX_WBITS, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        defer { unsafe inflateEnd(&stream) }
        var isWhole = false
        let inflated = unsafe [UInt8](unsafeUninitializedCapacity: count) { output, written in
            unsafe deflated.withUnsafeBufferPointer { input in
                // zlib stays inside the two buffers by their counts, and only reads the first; both
                // outlive the single call.
                unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                unsafe stream.avail_in = available
                unsafe stream.next_out = output.baseAddress
                unsafe stream.avail_out = room
                let status = unsafe CZlib.inflate(&stream, Z_FINISH)
                unsafe isWhole = status == Z_STREAM_END && stream.avail_out == 0
                unsafe written = count - Int(stream.avail_out)
            }
        }
        return isWhole ? inflated : nil
    }
}
