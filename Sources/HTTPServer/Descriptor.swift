internal import Glibc

/// An open file descriptor, closed when it goes.
struct Descriptor: ~Copyable, Sendable {
    let number: CInt

    /// Takes over what a system call returned; nil when that was an error.
    init?(owning number: CInt) {
        guard number >= 0 else { return nil }
        self.number = number
    }

    deinit { _ = close(number) }
}
