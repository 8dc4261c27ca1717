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
    /// Held by who writes, so that lines keep their order: what is written, and room for the next.
    private let pen = Guarded<[UInt8]>([])
    /// Never rung: to wait for it is to sleep.
    private let bell = DispatchSemaphore(value: 0)

    private struct State: Sendable {
        /// Lines that are not written yet, one behind the other.
        var noted: [UInt8] = []
        var notedCount = 0
        /// Noted, about to be, or being written now.
        var waiting = 0
        var dropped = 0
        var attendance = Attendance()
        var time = LogTime()

        /// Begins a line, unless too many wait.
        mutating func begin() -> Beginning? {
            guard waiting < ServiceLog.waitingMax else {
                dropped += 1
                return nil
            }
            waiting += 1
            defer { dropped = 0 }
            return Beginning(time: time.text(at: .now), dropped: dropped)
        }
    }

    /// What a line begins with.
    private struct Beginning {
        let time: String
        /// Lines that were dropped before it.
        let dropped: Int
    }

    /// Whether somebody will come for the lines: a plain struct.
    struct Attendance {
        private var isAttended = false
        /// Whether any was noted since somebody came last.
        private var isBusy = false

        /// A line was noted; true when somebody has to be sent for.
        mutating func noted() -> Bool {
            isBusy = true
            defer { isAttended = true }
            return !isAttended
        }

        /// A pause has gone by; false for who may go.
        mutating func paused() -> Bool {
            isAttended = isBusy
            isBusy = false
            return isAttended
        }
    }

    private static let waitingMax = 4096
    private static let pause = DispatchTimeInterval.milliseconds(10)
    /// Room that is kept for later lines.
    private static let roomBytesMax = 64 * 1024

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
        guard level >= self.level, let beginning = state.withLock({ $0.begin() }) else { return }
        var line = LogLine(as: format)
        line.add("time", beginning.time)
        line.add("level", level.rawValue)
        if beginning.dropped > 0 { line.add("lines_dropped", beginning.dropped) }
        members(&line)
        let bytes = line.bytes()
        let isUnattended = state.withLock { state in
            if !state.noted.isEmpty { state.noted.append(UInt8(ascii: "\n")) }
            state.noted += bytes
            state.notedCount += 1
            return state.attendance.noted()
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

    /// Writes now and then, until a pause goes by in which nothing is noted.
    private func attend() {
        repeat {
            _ = bell.wait(timeout: .now() + Self.pause)
            writeNoted()
        } while state.withLock { $0.attendance.paused() }
    }

    private func writeNoted() {
        pen.withLock { lines in
            let count = state.withLock { state in
                swap(&lines, &state.noted)
                defer { state.notedCount = 0 }
                return state.notedCount
            }
            guard count > 0 else { return }
            write(String(decoding: lines, as: UTF8.self))
            lines.removeAll(keepingCapacity: lines.capacity <= Self.roomBytesMax)
            state.withLock { $0.waiting -= count }
        }
    }
}
