import Dispatch
import Locks
import Synchronization
import Testing

@testable import Inference

struct CrewTests {
    /// Counts how often each item was done, and on how many seats at once.
    private final class Tally: Sendable {
        let counts: [Counter]
        let seats: [Counter]
        final class Counter: Sendable { let value = Atomic<Int>(0) }

        init(items: Int, seats: Int) {
            counts = (0..<items).map { _ in Counter() }
            self.seats = (0..<seats).map { _ in Counter() }
        }

        var isEachDone: Bool { counts.allSatisfy { $0.value.load(ordering: .relaxed) == 1 } }
    }

    private struct TallyWork: CrewWork {
        let tally: Tally
        let crowded: Flag

        final class Flag: Sendable {
            private let isRaisedNow = Atomic<Bool>(false)
            var isRaised: Bool { isRaisedNow.load(ordering: .relaxed) }
            func raise() { isRaisedNow.store(true, ordering: .relaxed) }
        }

        func run(item: Int, seat: Int) {
            if tally.seats[seat].value.add(1, ordering: .relaxed).newValue != 1 {
                crowded.raise()
            }
            tally.counts[item].value.add(1, ordering: .relaxed)
            tally.seats[seat].value.subtract(1, ordering: .relaxed)
        }
    }

    /// Threads that assist until stopped.
    private final class Assistants: Sendable {
        private let isStopped = Atomic<Bool>(false)
        private let group = DispatchGroup()

        init(
            _ crew: Crew, seats: Range<Int>,
            isWanted: @escaping @Sendable (Int) -> Bool = { _ in true }
        ) {
            for seat in seats {
                DispatchQueue(label: "seat \(seat)").async(group: group) {
                    var asked = 0
                    while !self.isStopped.load(ordering: .relaxed) {
                        crew.assist(as: seat) {
                            asked += 1
                            return !self.isStopped.load(ordering: .relaxed) && isWanted(asked)
                        }
                    }
                }
            }
        }

        func stop() {
            isStopped.store(true, ordering: .relaxed)
            group.wait()
        }
    }

    @Test(arguments: [1, 2, 4], [0, 1, 2, 100])
    func `a leader alone does every item once, on its own seat`(size: Int, count: Int) {
        let lane = Crew(size: size).lane(size - 1)
        let order = Guarded<[Int]>([])
        struct Work: CrewWork {
            let record: @Sendable (Int, Int) -> Void
            func run(item: Int, seat: Int) { record(item, seat) }
        }
        lane.lead {
            lane.forEach(
                count,
                Work { item, seat in
                    #expect(seat == size - 1)
                    order.withLock { $0.append(item) }
                })
        }
        #expect(order.withLock { $0 } == Array(0..<count))
    }

    @Test
    func `with helpers every item of many sections is done once, and a seat does one at a time`() {
        let crew = Crew(size: 4)
        let assistants = Assistants(crew, seats: 1..<4)
        let crowded = TallyWork.Flag()
        let lane = crew.lane(0)
        lane.lead {
            for section in 0..<500 {
                let tally = Tally(items: 1 + section % 37, seats: 4)
                lane.forEach(tally.counts.count, TallyWork(tally: tally, crowded: crowded))
                #expect(tally.isEachDone)
            }
        }
        assistants.stop()
        #expect(!crowded.isRaised)
    }

    @Test func `leaders at the same time, whose helpers come and go, get their own items done`() {
        let crew = Crew(size: 4)
        // Wanted elsewhere at every fifth question: leaves, and comes again.
        let assistants = Assistants(crew, seats: 2..<4) { $0 % 5 != 0 }
        DispatchQueue.concurrentPerform(iterations: 2) { index in
            let lane = crew.lane(index)
            for pass in 0..<20 {
                lane.lead {
                    for section in 0..<10 {
                        let tally = Tally(items: 1 + (pass + section) % 23, seats: 4)
                        lane.forEach(
                            tally.counts.count,
                            TallyWork(tally: tally, crowded: TallyWork.Flag()))
                        #expect(tally.isEachDone)
                    }
                }
            }
        }
        assistants.stop()
    }

    @Test func `what the items wrote is seen by the leader, and what it wrote by the next items`() {
        // Not atomic on purpose: the thread sanitizer watches.
        final class Numbers: @unchecked Sendable { var values = [Int](repeating: 0, count: 64) }
        struct Increment: CrewWork {
            let numbers: [Numbers]
            func run(item: Int, seat: Int) { numbers[item].values[item] += 1 }
        }
        let crew = Crew(size: 3)
        let assistants = Assistants(crew, seats: 1..<3)
        let numbers = (0..<64).map { _ in Numbers() }
        let lane = crew.lane(0)
        lane.lead {
            for section in 1...100 {
                lane.forEach(64, Increment(numbers: numbers))
                for (i, number) in numbers.enumerated() {
                    number.values[i] += 1
                    #expect(number.values[i] == 2 * section)
                }
            }
        }
        assistants.stop()
    }

    @Test func `helpers do take items`() {
        // The leader's first item waits until a helper has done another: without help, for ever.
        let crew = Crew(size: 2)
        let assistants = Assistants(crew, seats: 1..<2)
        struct Meeting: CrewWork {
            let isHelped = Tally.Counter()
            func run(item: Int, seat: Int) {
                if seat == 1 { isHelped.value.store(1, ordering: .relaxed) }
                while isHelped.value.load(ordering: .relaxed) == 0 {}
            }
        }
        let lane = crew.lane(0)
        lane.lead { lane.forEach(2, Meeting()) }
        assistants.stop()
    }

    @Test func `a helper leaves when no pass is open, and when it is not wanted`() {
        let crew = Crew(size: 2)
        crew.assist(as: 0) { true }
        let lane = crew.lane(0)
        var questions = 0
        lane.lead {
            crew.assist(as: 1) {
                questions += 1
                return questions < 3
            }
        }
        #expect(questions == 3)
    }

    @Test func `an error that ends a pass closes it`() {
        let lane = Crew(size: 2).lane(0)
        for _ in 0..<2 {
            #expect(throws: GraphError.shape(reason: "no")) {
                try lane.lead { () throws(GraphError) in throw .shape(reason: "no") }
            }
        }
        lane.crew.assist(as: 1) { true }
    }
}
