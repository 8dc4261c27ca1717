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
        /// Lines that are not written yet, one behind the other.
        var noted: [UInt8] = []
        var notedCount = 0
        /// Noted, about to be, or being written now.
        var waiting = 0
        var dropped = 0
        /// Somebody will come for the lines.
        var isAttended = false
        /// Whether any was noted since somebody came last.
        var isBusy = false
        var time = LogTime()

        /// A place for a line, unless too many wait.
        mutating func place() -> Place? {
            guard waiting < ServiceLog.waitingMax else {
                dropped += 1
                return nil
            }
            waiting += 1
            defer { dropped = 0 }
            return Place(time: time.text(at: .now), missed: dropped)
        }
    }

    /// What a line begins with.
    private struct Place {
        let time: String
        /// Lines that were dropped before it.
        let missed: Int
    }

    private static let waitingMax = 4096
    private static let pause = DispatchTimeInterval.milliseconds(10)
    /// What is noted in a pause, under load.
    private static let usualBytes = 16 * 1024

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
        guard level >= self.level, let place = state.withLock({ $0.place() }) else { return }
        var line = LogLine(as: format)
        line.add("time", place.time)
        line.add("level", level.rawValue)
        if place.missed > 0 { line.add("lines_dropped", place.missed) }
        members(&line)
        let bytes = line.bytes()
        let isUnattended = state.withLock { state in
            if state.noted.isEmpty {
                state.noted.reserveCapacity(Self.usualBytes)
            } else {
                state.noted.append(UInt8(ascii: "\n"))
            }
            state.noted += bytes
            state.notedCount += 1
            state.isBusy = true
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

    /// Writes now and then, until a pause goes by in which nothing is noted.
    private func attend() {
        repeat {
            _ = bell.wait(timeout: .now() + Self.pause)
            writeNoted()
        } while state.withLock { state in
            state.isAttended = state.isBusy
            state.isBusy = false
            return state.isAttended
        }
    }

    private func writeNoted() {
        pen.withLock { _ in
            let (noted, count) = state.withLock { state in
                defer { (state.noted, state.notedCount) = ([], 0) }
                return (state.noted, state.notedCount)
            }
            guard count > 0 else { return }
            write(String(decoding: noted, as: UTF8.self))
            state.withLock { $0.waiting -= count }
        }
    }
}
