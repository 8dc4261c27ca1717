import Glibc
import Synchronization

// DESIGN. Fork-join on threads that somebody else owns. A worker who runs a pass leads it from its
// lane: section after section it does the items, one after another, until all are done. Workers who
// are idle assist: they look for an open section on any lane and take items too. Nobody waits for a
// helper to come; a leader waits only for items that a helper has taken and not yet finished. So
// helpers come and go at any time, and a crew of one, or one that nobody assists, works alone.
//
// What makes this right is in ``SectionSlot``: an item is taken by one compare-and-swap, and
// nothing of a section is read before that.

/// The threads that may share a pass. A leader opens sections; whoever is idle assists.
package final class Crew: Sendable {
    package let size: Int
    private let slots: [SectionSlot]
    /// Lanes that lead a pass now.
    private let passes = Atomic<Int>(0)

    /// - Parameter size: workers, and so the most threads that can share a section.
    package init(size: Int) {
        precondition(size >= 1)
        self.size = size
        slots = (0..<size).map { _ in SectionSlot() }
    }

    /// The seat of worker `index`.
    package func lane(_ index: Int) -> Lane {
        precondition(slots.indices.contains(index))
        return Lane(crew: self, index: index)
    }

    /// Helps whoever leads a pass, as worker `index`, until `isWanted` is false or no pass is open.
    ///
    /// `isWanted` is asked before each item and while nothing is to be done; it should be cheap.
    /// A helper who is called just before a pass opens waits for it, some 50 µs. Between sections
    /// it spins as long, then gives the core away, then naps 50 µs at a time, so that it costs
    /// little while a leader does something that cannot be shared.
    package func assist(as index: Int, while isWanted: () -> Bool) {
        precondition(slots.indices.contains(index))
        var idle = 0
        while isWanted() {
            var hasHelped = false
            for other in 1..<size {
                let slot = slots[(index + other) % size]
                if slot.help(as: index, while: isWanted) { hasHelped = true }
            }
            if hasHelped {
                idle = 0
            } else {
                idle += 1
                if idle > Self.spins && passes.load(ordering: .acquiring) == 0 { return }
                rest(idle)
            }
        }
    }

    /// Looks at every lane before a helper rests: some 50 µs.
    private static let spins = 2_000

    private func rest(_ idle: Int) {
        if idle < Self.spins { return }
        if idle < Self.spins + 100 {
            sched_yield()
        } else {
            usleep(50)
        }
    }

    /// A worker's own seat, from which it leads.
    package struct Lane: Sendable {
        package let crew: Crew
        package let index: Int

        /// Opens a pass: while `body` runs, helpers stay. One at a time on a lane.
        func lead<E: Error>(_ body: () throws(E) -> Void) throws(E) {
            let slot = crew.slots[index]
            slot.beginPass()
            crew.passes.add(1, ordering: .releasing)
            defer {
                crew.passes.subtract(1, ordering: .releasing)
                slot.endPass()
            }
            try body()
        }

        /// Does items 0 ..< count of `work`, with whoever helps, and returns when all are done.
        ///
        /// Only within `lead`, and not from within an item.
        func forEach<Work: CrewWork>(_ count: Int, _ work: Work) {
            if crew.size == 1 || count == 1 {
                for item in 0..<count { work.run(item: item, seat: index) }
            } else {
                crew.slots[index].lead(count, work, as: index)
            }
        }
    }
}

/// Work that is cut into items.
protocol CrewWork: Sendable {
    /// Does item `item` on the thread of seat `seat`; at most one item runs on a seat at a time.
    func run(item: Int, seat: Int)
}
