internal import CLinux
internal import Dispatch
internal import Synchronization

/// Where a worker is reached, and on which core it is at work.
///
/// DESIGN. A worker that is woken should begin on a core where no other works. Linux does not see to
/// that: among few cores that are at work two thirds of the time it gives up looking for an idle one
/// (SIS_UTIL, since 6.0), and puts the woken thread behind the running one, where it waits for
/// milliseconds beside a core that has nothing to do; on two cores that was seen for 5% of the time, and
/// for 30 ms behind a pause. So whoever wakes a worker tells the kernel first to keep off the cores
/// of those that run, and the worker, awake, lifts that again: the kernel may move it as ever. It does move
/// workers while they work, so that what is told may be wrong: therefore a worker that begins with something, and
/// finds that another began where it is, moves on itself. Without that two were seen to share a core for 70 ms.
final class Desk: Sendable {
    /// Rung for a sleeper; it counts, so that a ring before the sleep is not lost.
    private let bell = DispatchSemaphore(value: 0)
    /// Read by an assistant between two pieces of work; written under the policy's lock.
    let isRecalled = Atomic(false)
    /// The worker's thread; 0 before it has one.
    private let thread = Atomic<CInt>(0)
    /// Where the worker is at work; none while it is not.
    private let core = Atomic<CInt>(nowhere)
    /// Whether its thread has to lift what was told the kernel.
    private let isConfined = Atomic(false)

    private static let nowhere: CInt = -1

    /// The worker's thread has come.
    func open() { thread.store(currentThread(), ordering: .relaxed) }

    /// The worker is at work where it is now, or, if that is where another began, on a core where none did; says
    /// where.
    @discardableResult
    func begin(beside others: [Desk], cores: CoreSet) -> CInt {
        end()
        var here = sched_getcpu()
        if here >= 0, others.contains(where: { $0.core.load(ordering: .relaxed) == here }) {
            let free = Self.free(of: cores, others)
            // Refused, it stays where it is.
            if holdsNone(free) == 0, setCores(0, free) == 0 {
                here = sched_getcpu()
                _ = setCores(0, cores)
            }
        }
        core.store(here, ordering: .relaxed)
        return here
    }

    func end() { core.store(Self.nowhere, ordering: .relaxed) }

    /// Sleeps until woken; `cores` are all that the worker may run on.
    func sleep(_ cores: CoreSet) {
        bell.wait()
        // The thread and the set are its own: refused, it stays where it was put.
        if isConfined.exchange(false, ordering: .acquiring) { _ = setCores(0, cores) }
    }

    /// Wakes the worker, off the cores where others are at work, if `cores` has more than those.
    ///
    /// By the time the bell rings its worker may have asked already, and be anywhere: a bell too
    /// many costs it one more question.
    func wake(beside others: [Desk], cores: CoreSet) {
        let free = Self.free(of: cores, others)
        let number = thread.load(ordering: .relaxed)
        if number != 0, holdsNone(free) == 0 {
            isConfined.store(true, ordering: .releasing)
            _ = setCores(number, free)
        }
        bell.signal()
    }

    /// The cores where none of them is at work.
    private static func free(of cores: CoreSet, _ desks: [Desk]) -> CoreSet {
        desks.reduce(cores) { without($0, $1.core.load(ordering: .relaxed)) }
    }
}
