internal import Dispatch
internal import FoundationEssentials
internal import Synchronization

/// A line for each request, and for what goes wrong beside them.
///
/// Lines are written by a queue of their own, so that a reader that stalls holds nobody up; when too many
/// wait, lines are dropped, and the next one says how many. Nothing of a picture, no query and no key is
/// ever logged.
final class ServiceLog: Sendable {
    private let level: LogLevel
    private let format: LogFormat
    private let write: @Sendable (String) -> Void
    private let queue = DispatchQueue(label: "log")
    private let waiting = Atomic(0)
    private let dropped = Atomic(0)

    private static let waitingMax = 4096

    /// A log of `level` and above; `write` takes a line without its end and is called on one queue.
    init(
        level: LogLevel, format: LogFormat = .json, write: @escaping @Sendable (String) -> Void
    ) {
        self.level = level
        self.format = format
        self.write = write
    }

    /// Adds a line with these members behind the time and the level.
    func note(_ level: LogLevel, _ members: (inout LogLine) -> Void) {
        guard level >= self.level else { return }
        guard waiting.load(ordering: .relaxed) < Self.waitingMax else {
            dropped.add(1, ordering: .relaxed)
            return
        }
        waiting.add(1, ordering: .relaxed)
        let now = Date.now
        let missed = dropped.exchange(0, ordering: .relaxed)
        var rest = LogLine()
        members(&rest)
        queue.async { [self, rest] in
            var line = LogLine()
            line.add("time", now.formatted(Self.timeStyle))
            line.add("level", level.rawValue)
            if missed > 0 { line.add("lines_dropped", missed) }
            line.add(rest)
            write(line.written(as: format))
            waiting.subtract(1, ordering: .relaxed)
        }
    }

    /// Waits until what was noted is written, a second at most.
    func flush() {
        let isWritten = DispatchSemaphore(value: 0)
        queue.async { isWritten.signal() }
        _ = isWritten.wait(timeout: .now() + .seconds(1))
    }

    private static let timeStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}
