internal import Glibc

/// Where a command writes: what was asked for to one side, everything else to the other.
///
/// Tests collect both.
struct Console: Sendable {
    /// Writes text as it is.
    let output: @Sendable (String) -> Void
    /// Writes a line.
    let error: @Sendable (String) -> Void

    /// A console that writes wherever it is told.
    init(
        output: @escaping @Sendable (String) -> Void, error: @escaping @Sendable (String) -> Void
    ) {
        self.output = output
        self.error = error
    }

    /// The process's own.
    static var standard: Console {
        Console(
            output: { write($0, to: STDOUT_FILENO) }, error: { write($0 + "\n", to: STDERR_FILENO) }
        )
    }

    /// Writes all of the text; a reader that has gone is not an error of ours.
    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            // The buffer lives for the call, which reads at most its count.
            let written = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}
