internal import Dispatch
internal import FoundationEssentials
internal import Locks

/// A line for each request, and for what goes wrong beside them.
///
/// Lines are written on a thread of their own, so that a reader that stalls holds nobody up; when too many
/// wait, lines are dropped, and the next one says how many. Nothing of a picture, no query and no key is
/// ever logged.
///
/// That thread takes what has been noted every few milliseconds, as long as there is any: to wake it for each
/// line would cost more than a refusal does, just when there are thousands of those.
final class ServiceLog: Sendable {
    private let level: LogLevel
    private let format: LogFormat
    private let write: @Sendable (String) -> Void
    private let queue = DispatchQueue(label: "log")
    private let state = Guarded(State())
    /// Held by who writes, so that lines keep their order.
    private let pen = Guarded(())
    /// Never rung: to wait for it is to sleep.
    private let bell = DispatchSemaphore(value: 0)

    private struct State: Sendable {
        var noted: [Line] = []
        /// Noted, or being written now.
        var waiting = 0
        var dropped = 0
        /// Somebody will come for the lines.
        var isAttended = false
    }

    private struct Line: Sendable {
        let time: Date
        let level: LogLevel
        /// Lines that were dropped before it.
        let missed: Int
        let rest: LogLine
    }

    private static let waitingMax = 4096
    private static let pause = DispatchTimeInterval.milliseconds(10)

    /// A log of `level` and above; `write` takes lines, without the end of the last, and is called by one
    /// thread at a time.
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
        let hasRoom = state.withLock { state in
            if state.waiting >= Self.waitingMax { state.dropped += 1 }
            return state.waiting < Self.waitingMax
        }
        guard hasRoom else { return }
        let time = Date.now
        var rest = LogLine()
        members(&rest)
        let isUnattended = state.withLock { [rest] state in
            state.noted.append(Line(time: time, level: level, missed: state.dropped, rest: rest))
            state.waiting += 1
            state.dropped = 0
            defer { state.isAttended = true }
            return !state.isAttended
        }
        if isUnattended { queue.async { [self] in attend() } }
    }

    /// Waits until what was noted is written, a second at most.
    func flush() {
        let isWritten = DispatchSemaphore(value: 0)
        DispatchQueue.global().async { [self] in
            writeNoted()
            isWritten.signal()
        }
        _ = isWritten.wait(timeout: .now() + .seconds(1))
    }

    /// Writes now and then, until nothing more was noted.
    private func attend() {
        repeat {
            _ = bell.wait(timeout: .now() + Self.pause)
            writeNoted()
        } while state.withLock { state in
            state.isAttended = !state.noted.isEmpty
            return state.isAttended
        }
    }

    private func writeNoted() {
        pen.withLock { _ in
            let noted = state.withLock { state in
                defer { state.noted = [] }
                return state.noted
            }
            guard !noted.isEmpty else { return }
            write(noted.map(text(of:)).joined(separator: "\n"))
            state.withLock { $0.waiting -= noted.count }
        }
    }

    private func text(of noted: Line) -> String {
        var line = LogLine()
        line.add("time", noted.time.formatted(Self.timeStyle))
        line.add("level", noted.level.rawValue)
        if noted.missed > 0 { line.add("lines_dropped", noted.missed) }
        line.add(noted.rest)
        return line.written(as: format)
    }

    private static let timeStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}
