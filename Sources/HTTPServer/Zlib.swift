internal import CZlib

/// Makes bodies smaller, and what was made smaller whole again: the one file that meets zlib.
enum Zlib {
    /// All of `bytes` in that coding; nil when memory is out.
    ///
    /// The fastest level: JSON gets five times smaller, and the slowest would make it six.
    static func deflate(_ bytes: Span<UInt8>, _ coding: ContentCoding) -> [UInt8]? {
        var stream = unsafe z_stream()
        guard
            unsafe deflateInit2_(
                &stream, Z_BEST_SPEED, Z_DEFLATED, coding.windowBits, 8, Z_DEFAULT_STRATEGY,
                ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        defer { unsafe deflateEnd(&stream) }
        let bytesMax = unsafe Int(deflateBound(&stream, UInt(bytes.count)))
        guard let available = UInt32(exactly: bytes.count), let room = UInt32(exactly: bytesMax)
        else { return nil }
        var output: [UInt8] = []
        var isWhole = false
        output.append(addingCapacity: bytesMax) { span in
            // zlib stays inside the two buffers by their counts, and only reads the first; both
            // outlive the single call.
            unsafe bytes.withUnsafeBufferPointer { input in
                unsafe span.withUnsafeMutableBufferPointer { buffer, count in
                    unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                    unsafe stream.avail_in = available
                    unsafe stream.next_out = buffer.baseAddress
                    unsafe stream.avail_out = room
                    isWhole = unsafe CZlib.deflate(&stream, Z_FINISH) == Z_STREAM_END
                    unsafe count = bytesMax - Int(stream.avail_out)
                }
            }
        }
        return isWhole ? output : nil
    }
}

/// Makes a body whole again, a step at a time, so that a bomb neither fills memory nor keeps others waiting.
@safe
final class Inflater {
    private let coding: ContentCoding
    /// Ours, until we go; zlib wants it to stay where it is.
    private let stream: UnsafeMutablePointer<z_stream>

    /// Whether what came so far is all there can be.
    private(set) var isFinished = false
    /// Whether the last step ended for want of room, so that there may be more without more bytes.
    private(set) var hasMore = false

    /// Nil when memory is out.
    init?(_ coding: ContentCoding) {
        self.coding = coding
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard
            unsafe inflateInit2_(
                stream, coding.windowBits, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
    }

    deinit {
        unsafe inflateEnd(stream)  // harmless for one that was not begun
        unsafe stream.deallocate()
    }

    /// Appends at most `bytesMax` bytes of what these hold.
    ///
    /// - Returns: how many were used; all, unless the room was too small.
    /// - Throws: 400 for bytes that are not of this coding.
    func step(
        _ bytes: Span<UInt8>, into output: inout [UInt8], bytesMax: Int
    ) throws(Refusal) -> Int {
        let room = min(bytesMax, Int(UInt32.max))
        let given = min(bytes.count, Int(UInt32.max))
        var status = Z_OK
        output.append(addingCapacity: room) { span in
            // zlib stays inside the two buffers by their counts, and only reads the first; both
            // outlive the calls, and it is given neither beyond them.
            unsafe bytes.withUnsafeBufferPointer { input in
                unsafe span.withUnsafeMutableBufferPointer { buffer, count in
                    unsafe stream.pointee.next_in = UnsafeMutablePointer(
                        mutating: input.baseAddress)
                    unsafe stream.pointee.avail_in = UInt32(given)
                    unsafe stream.pointee.next_out = buffer.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(room)
                    status = inflateMembers()
                    unsafe count = room - Int(stream.pointee.avail_out)
                }
            }
        }
        let left = unsafe Int(stream.pointee.avail_in)
        hasMore = unsafe stream.pointee.avail_out == 0 && !isFinished
        // Z_BUF_ERROR: there was nothing to do, which is no error.
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
            throw .encodedBody("The body is not what its Content-Encoding says.")
        }
        guard left == 0 || hasMore else {
            throw .encodedBody("The body goes on behind the end of its Content-Encoding.")
        }
        return bytes.count - left
    }

    /// RFC 1952 §2.2: one gzip after another is their contents one after another.
    private func inflateMembers() -> CInt {
        while true {
            if isFinished {
                guard coding == .gzip, unsafe stream.pointee.avail_in > 0 else {
                    return Z_STREAM_END
                }
                isFinished = false
                unsafe inflateReset(stream)
            }
            let status = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
            guard status == Z_STREAM_END else { return status }
            isFinished = true
        }
    }
}

extension ContentCoding {
    /// zlib's word for the form around the compressed bytes (RFC 1950 and 1952).
    fileprivate var windowBits: CInt {
        switch self {
        case .deflate: MAX_WBITS
        case .gzip: MAX_WBITS + 16
        }
    }
}
