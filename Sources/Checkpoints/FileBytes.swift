import Glibc

/// A model file's bytes, which stay where they are: mapped, copied once, or part of the executable.
///
/// What must be given back is given back when the last tensor lets go.
@safe
final class FileBytes: @unchecked Sendable {
    // Sendable: both properties are set once, and nobody writes to the region (it is mapped
    // read-only, or was filled before this object was shared).
    private let region: UnsafeRawBufferPointer
    private let owner: Owner

    private enum Owner { case mapping, allocation, process }

    /// Maps a file.
    init(mapping path: String) throws(CheckpointError) {
        // The path is lent as a C string for the call. Not blocking: a named pipe must not hold us
        // before we see that it is no file.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: lastErrorText()) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .unreadable(path: path, reason: lastErrorText())
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(path: path, reason: "is not a file")
        }
        guard status.st_size > 0 else { throw .malformed(place: path, reason: "is empty") }
        let count = Int(status.st_size)
        // A new private mapping of a length above zero: nothing else aliases it.
        guard let start = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0),
            unsafe start != MAP_FAILED
        else { throw .unreadable(path: path, reason: lastErrorText()) }
        unsafe region = UnsafeRawBufferPointer(start: start, count: count)
        owner = .mapping
    }

    /// Copies bytes, aligned for any element.
    init(copying bytes: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        unsafe copy.copyBytes(from: bytes)  // same count
        unsafe region = UnsafeRawBufferPointer(copy)
        owner = .allocation
    }

    /// Inflates raw deflate data to exactly `count` bytes, in place; nil if it is not that.
    init?(inflating deflated: Span<UInt8>, to count: Int) {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
        unsafe region = UnsafeRawBufferPointer(room)
        owner = .allocation
        guard unsafe Zlib.inflate(deflated, into: room) else { return nil }
    }

    /// Uses memory that is never freed nor changed; the caller promises that.
    @unsafe
    init(permanent region: UnsafeRawBufferPointer) {
        unsafe self.region = region
        owner = .process
    }

    deinit {
        switch owner {
        case .mapping:
            // The region is exactly what mmap gave, and no span outlives this object.
            unsafe munmap(UnsafeMutableRawPointer(mutating: region.baseAddress), region.count)
        case .allocation: unsafe region.deallocate()  // allocated by an init
        case .process: break
        }
    }

    var count: Int { unsafe region.count }

    /// All the bytes, lent.
    var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // The region lives as long as this object, which the span's lifetime borrows.
            unsafe _overrideLifetime(
                Span(_unsafeBytes: region), borrowing: self)
        }
    }

    /// The little-endian integer at a byte offset, at any alignment.
    ///
    /// The caller has checked the range: a tensor's is checked when it is made.
    @inline(__always)
    func load<Bits: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as: Bits.Type) -> Bits {
        precondition(offset >= 0 && offset <= count - MemoryLayout<Bits>.size)
        // In bounds: checked the line above. Every platform we build for is little-endian.
        return unsafe Bits(
            littleEndian: region.loadUnaligned(fromByteOffset: offset, as: Bits.self))
    }
}

/// The system's words for the last error of a C call.
func lastErrorText() -> String {
    // strerror answers with a string of its own, or of the calling thread.
    unsafe String(cString: strerror(errno))
}
