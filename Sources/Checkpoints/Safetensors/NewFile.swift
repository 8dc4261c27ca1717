import Glibc

/// A file being written beside its place, and renamed into it at the end.
///
/// Whoever reads the place sees the old file or the new one, never a part. Dropped before
/// ``finish()``, it leaves nothing behind.
struct NewFile: ~Copyable {
    private let path: String
    private let temporaryPath: String
    private let descriptor: CInt
    private var isFinished = false

    /// Opens a file of a name that nobody else has.
    init(replacing path: String) throws(CheckpointError) {
        self.path = path
        temporaryPath = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).part"
        // The path is lent as a C string for the call; the mode is what open asks for with O_CREAT.
        descriptor = unsafe open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: lastErrorText()) }
    }

    deinit {
        close(descriptor)
        // The path is lent as a C string for the call.
        if !isFinished { unsafe unlink(temporaryPath) }
    }

    /// Appends bytes.
    mutating func write(_ bytes: [UInt8]) throws(CheckpointError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                // The rest of the array, which outlives the call.
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            guard count > 0 || errno == EINTR else {
                throw .unreadable(path: path, reason: lastErrorText())
            }
            written += max(count, 0)
        }
    }

    /// Puts the file in its place once its bytes are on the disk.
    mutating func finish() throws(CheckpointError) {
        // Both paths are lent as C strings for the call.
        guard fsync(descriptor) == 0, unsafe rename(temporaryPath, path) == 0 else {
            throw .unreadable(path: path, reason: lastErrorText())
        }
        isFinished = true
    }
}
