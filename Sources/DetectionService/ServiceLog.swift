internal import Dispatch
internal import FoundationEssentials
internal import Synchronization

/// One JSON object a line, for machines to read: each request, and what goes wrong beside them.
///
/// Lines are written by a queue of their own, so that a reader that stalls holds nobody up; when too many
/// wait, lines are dropped, and the next one says how many. Nothing of a picture is ever logged.
final class ServiceLog: Sendable {
    private let level: LogLevel
    private let write: @Sendable (String) -> Void
    private let queue = DispatchQueue(label: "log")
    private let waiting = Atomic(0)
    private let dropped = Atomic(0)

    private static let waitingMax = 4096

    /// A log of `level` and above; `write` takes a line without its end and is called on one queue.
    init(level: LogLevel, write: @escaping @Sendable (String) -> Void) {
        self.level = level
        self.write = write
    }

    /// Adds a line with these members behind the time and the level.
    func note(_ level: LogLevel, _ members: (inout JSONWriter) -> Void) {
        guard level >= self.level else { return }
        guard waiting.load(ordering: .relaxed) < Self.waitingMax else {
            dropped.add(1, ordering: .relaxed)
            return
        }
        waiting.add(1, ordering: .relaxed)
        let missed = dropped.exchange(0, ordering: .relaxed)
        var json = JSONWriter()
        json.object {
            $0.key("time", Self.time)
            $0.key("level", level.rawValue)
            if missed > 0 { $0.key("lines_dropped", missed) }
            members(&$0)
        }
        let line = String(decoding: json.bytes, as: UTF8.self)
        queue.async { [self] in
            write(line)
            waiting.subtract(1, ordering: .relaxed)
        }
    }

    /// Waits until what was noted is written, a second at most.
    func flush() {
        let isWritten = DispatchSemaphore(value: 0)
        queue.async { isWritten.signal() }
        _ = isWritten.wait(timeout: .now() + .seconds(1))
    }

    private static var time: String {
        Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
