import Glibc
import Synchronization

// DESIGN. The place where one leader's section stands while it is open. No generation number is
// needed against helpers who come late, for this reason:
//
// - `untaken` is the range of items not yet taken; empty whenever no section is open. An item is
//   taken from one of its ends with a compare-and-swap of a range that is not empty. Whatever the
//   helper saw before, at that instant a section is open, and the item is one of *that* section:
//   were the range the same by chance in a later section, the helper simply has an item of the later one.
// - A leader takes from the front and helpers from the back. Items mostly follow each other in the
//   picture, so in one section after another a thread meets the part that it wrote itself, which
//   its own cache still has.
// - `count`, `context` and `type` are read only by who has taken an item and not yet reported it.
//   The leader writes them only while no section is open and every item of the last was reported.
//   So nobody reads while the leader writes.
// - The leader writes them before it stores `untaken` (releasing); a taker's compare-and-swap
//   (acquiring) reads that store or a later link of its release sequence, which compare-and-swaps
//   alone continue. So the taker sees what the leader wrote.
// - A taker adds to `finished` (releasing) after its items; the leader leaves when it reads the
//   whole count (acquiring), so it sees all that the items wrote, and every reading of the
//   section by helpers lies before it. A helper reports once, after the last item that it takes;
//   the section cannot end before, for its items are not reported.
// - `context` points to the work on the leader's stack, which lives until the leader leaves.
//   Work is Sendable and only read.
//
// A helper that looks at a closed slot touches `untaken` alone, and the slot lives as long as
// the crew.

/// One leader's open section, if any.
///
/// `@unchecked`: what is not atomic is guarded as said in DESIGN.
@safe
final class SectionSlot: @unchecked Sendable {
    /// The first item in the lower half, the one behind the last in the upper.
    private let untaken = Atomic<UInt64>(0)
    private let finished = Atomic<Int>(0)
    private let isLed = Atomic<Bool>(false)
    private var count = 0
    private var work: AnyWork?

    /// Work of any type, where it stands on the leader's stack.
    @unsafe
    private struct AnyWork {
        let context: UnsafeRawPointer
        let type: any CrewWork.Type
    }

    /// Marks the lane as led.
    func beginPass() {
        precondition(!isLed.exchange(true, ordering: .acquiring), "a lane leads one pass at a time")
    }

    func endPass() { isLed.store(false, ordering: .releasing) }

    /// Opens a section, does what helpers leave, and waits for what they have taken.
    func lead<Work: CrewWork>(_ count: Int, _ work: Work, as seat: Int) {
        guard count > 0 else { return }
        precondition(
            self.count == 0 && count <= Int(UInt32.max),
            "a lane opens one section at a time")
        unsafe withUnsafePointer(to: work) { pointer in
            // The pointer is used only until this closure ends: see DESIGN.
            unsafe self.work = AnyWork(context: UnsafeRawPointer(pointer), type: Work.self)
            self.count = count
            finished.store(0, ordering: .relaxed)
            untaken.store(UInt64(count) << 32, ordering: .releasing)

            var done = 0
            while let item = take(.front) {
                work.run(item: item, seat: seat)
                done += 1
            }
            waitForOthers(count - done)
            unsafe self.work = nil
            self.count = 0
        }
    }

    /// Takes items while there are some and the helper is not wanted elsewhere.
    ///
    /// - Returns: whether it did any.
    func help(as seat: Int, while isWanted: () -> Bool) -> Bool {
        guard let first = take(.back) else { return false }
        // An item is ours: from here to `finished` the section stays.
        var done = 0
        var next: Int? = first
        while let item = next {
            // `work` was set before the item could be taken.
            if let work = unsafe work {
                unsafe work.type.run(at: work.context, item: item, seat: seat)
            }
            done += 1
            next = isWanted() ? take(.back) : nil
        }
        finished.add(done, ordering: .releasing)
        return true
    }

    private enum End { case front, back }

    /// Takes an item from an end, if there is one.
    private func take(_ end: End) -> Int? {
        var seen = untaken.load(ordering: .relaxed)
        while true {
            let (first, limit) = (seen & 0xffff_ffff, seen >> 32)
            guard first < limit else { return nil }
            let rest = end == .front ? seen + 1 : seen - (1 << 32)
            let (isTaken, now) = untaken.compareExchange(
                expected: seen, desired: rest, successOrdering: .acquiring,
                failureOrdering: .relaxed)
            if isTaken { return Int(end == .front ? first : limit - 1) }
            seen = now
        }
    }

    /// Spins until helpers reported so many items, for they run now; then gives the core away, for
    /// a helper may have lost its own.
    private func waitForOthers(_ items: Int) {
        var spins = 0
        while finished.load(ordering: .acquiring) != items {
            spins += 1
            if spins > 4_000 { sched_yield() }
        }
    }
}

extension CrewWork {
    /// Does an item of the work that stands at `context`.
    ///
    /// - Precondition: a value of this very type stands there, and stays.
    @unsafe
    fileprivate static func run(at context: UnsafeRawPointer, item: Int, seat: Int) {
        // The slot keeps pointer and type together.
        unsafe context.assumingMemoryBound(to: Self.self).pointee.run(item: item, seat: seat)
    }
}
