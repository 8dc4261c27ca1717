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

    /// Inflates raw deflate data; false if it does not fill the room exactly.
    @unsafe
    static func inflate(
        _ deflated: Span<UInt8>, into room: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard let available = UInt32(exactly: deflated.count),
            let roomBytes = UInt32(exactly: room.count)
        else { return false }
        var stream = unsafe z_stream()
        // A negative window size means data without zlib's header and checksum, as in a zip.
        guard
            unsafe inflateInit2_(
                &stream, -MAX_WBITS, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK
        else { return false }
        defer { unsafe inflateEnd(&stream) }
        return unsafe deflated.withUnsafeBufferPointer { input in
            // zlib stays inside the two buffers by their counts, and only reads the first; both
            // outlive the single call.
            unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            unsafe stream.avail_in = available
            unsafe stream.next_out = room.bindMemory(to: UInt8.self).baseAddress
            unsafe stream.avail_out = roomBytes
            let status = unsafe CZlib.inflate(&stream, Z_FINISH)
            return unsafe status == Z_STREAM_END && stream.avail_out == 0
        }
    }
}
