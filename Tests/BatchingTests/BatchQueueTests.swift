import Dispatch
import Locks
import Synchronization
import Testing

@testable import Batching

/// What the workers were seen to do.
final class Record: Sendable {
    struct Batch: Equatable {
        let worker: Int
        let jobs: [Int]
    }
    private let state = Guarded<[Batch]>([])

    var batches: [Batch] { state.withLock { $0 } }
    var jobs: [Int] { batches.flatMap(\.jobs) }
    func add(_ worker: Int, _ jobs: [Int]) {
        state.withLock { $0.append(Batch(worker: worker, jobs: jobs)) }
    }
}

/// A door that holds workers until it is opened.
final class Gate: Sendable {
    private let arrivals = DispatchSemaphore(value: 0)
    private let opening = DispatchSemaphore(value: 0)

    func pass() {
        arrivals.signal()
        opening.wait()
    }
    func awaitArrivals(_ count: Int) {
        for _ in 0..<count { arrivals.wait() }
    }
    func open(for count: Int) {
        for _ in 0..<count { opening.signal() }
    }
}

extension BatchQueue where Job == Int, Kind == Int {
    static func make(
        workers: Int = 2, batchMax: Int = 4, jobsMax: Int = 16,
        assist: @escaping @Sendable (_ worker: Int, _ isWanted: () -> Bool) -> Void = { _, _ in },
        process: @escaping @Sendable (_ worker: Int, _ batch: [Int]) -> Void
    ) -> BatchQueue<Int, Int> {
        BatchQueue(
            workers: workers, batchMax: batchMax, jobsMax: jobsMax,
            process: { worker, batch in
                process(worker, batch)
                return {}
            }, assist: assist)
    }

    func submit(_ jobs: [Int], kind: Int = 0) throws {
        for job in jobs { submit(job, kind: kind, ticket: try admit()) }
    }

    func drained() {
        let done = DispatchSemaphore(value: 0)
        drain { done.signal() }
        done.wait()
    }
}

struct BatchQueueTests {
    @Test func `a lone job runs at once, alone`() throws {
        let record = Record()
        let ran = DispatchSemaphore(value: 0)
        let queue = BatchQueue.make { worker, batch in
            record.add(worker, batch)
            ran.signal()
        }
        try queue.submit([7])
        ran.wait()
        #expect(record.jobs == [7])
        queue.drained()
    }

    @Test func `what came while the worker was busy becomes a batch of one kind`() throws {
        let record = Record()
        let gate = Gate()
        let queue = BatchQueue.make(workers: 1) { worker, batch in
            record.add(worker, batch)
            gate.pass()
        }
        try queue.submit([0], kind: 0)
        gate.awaitArrivals(1)
        try queue.submit([1], kind: 5)
        try queue.submit([2], kind: 6)
        try queue.submit([3, 4], kind: 5)
        #expect(queue.depth == (waiting: 4, running: 1))
        gate.open(for: 3)
        queue.drained()
        #expect(record.batches.map(\.jobs) == [[0], [1, 3, 4], [2]])
        #expect(queue.depth == (waiting: 0, running: 0))
    }

    @Test func `two free workers share what waits`() throws {
        let record = Record()
        let gate = Gate()
        let queue = BatchQueue.make(workers: 2) { worker, batch in
            record.add(worker, batch)
            gate.pass()
        }
        try queue.submit([0, 1])
        gate.awaitArrivals(2)
        #expect(Set(record.batches.map(\.worker)) == [0, 1])
        gate.open(for: 2)
        queue.drained()
    }

    @Test func `places are bounded, and given back when a batch ends`() throws {
        let gate = Gate()
        let queue = BatchQueue.make(workers: 1, jobsMax: 3) { _, _ in gate.pass() }
        try queue.submit([0])
        gate.awaitArrivals(1)
        try queue.submit([1])
        do {
            let ticket = try queue.admit()
            #expect(throws: Overloaded.places(expectedWait: .zero)) { _ = try queue.admit() }
            _ = consume ticket
        }
        let ticket = try queue.admit()
        queue.submit(2, kind: 0, ticket: ticket)
        #expect(throws: Overloaded.places(expectedWait: .zero)) { _ = try queue.admit() }
        gate.open(for: 2)
        gate.awaitArrivals(1)
        queue.drained()
    }

    @Test func `a job that could not start in time is refused, and its place stays free`() throws {
        let gate = Gate()
        let queue = BatchQueue.make(workers: 1, jobsMax: 2) { _, _ in gate.pass() }
        queue.learn(0, took: .seconds(3600))
        try queue.submit([0])
        gate.awaitArrivals(1)
        #expect {
            _ = try queue.admit(startBy: .now + .seconds(60))
        } throws: {
            if case .time(let wait) = $0 as? Overloaded { wait > .seconds(3000) } else { false }
        }
        let patient = try queue.admit(startBy: .now + .seconds(7200))
        _ = consume patient
        gate.open(for: 1)
        queue.drained()
    }

    @Test func `who is answered finds a place, and nobody at the job before`() throws {
        let answer = Guarded<@Sendable () -> Void>({})
        let queue = BatchQueue<Int, Int>(
            workers: 1, batchMax: 1, jobsMax: 1,
            process: { _, _ in { answer.withLock { $0 }() } }, assist: { _, _ in })
        let seen = Guarded<[Int]>([])
        let isAnswered = DispatchSemaphore(value: 0)
        answer.withLock {
            $0 = { [unowned queue] in
                let places = (try? queue.admit()) == nil ? 0 : 1
                seen.withLock { $0 = [places, queue.depth.running] }
                isAnswered.signal()
            }
        }
        try queue.submit([1])
        isAnswered.wait()
        #expect(seen.withLock { $0 } == [1, 0])
        queue.drained()
    }

    @Test func `bytes are bounded, and given back when nobody holds them`() throws {
        let queue = BatchQueue<Int, Int>(
            workers: 1, batchMax: 1, jobsMax: 1, bytesMax: 100, process: { _, _ in {} },
            assist: { _, _ in })
        var load: Load? = try queue.hold(bytes: 60)
        _ = try queue.hold(bytes: 40)
        #expect(throws: Overloaded.bytes(expectedWait: .zero)) { _ = try queue.hold(bytes: 41) }
        #expect(throws: Overloaded.bytes(expectedWait: .zero)) { _ = try queue.hold(bytes: .max) }
        #expect(queue.bytesHeld == 60)
        load?.giveBack()
        #expect(queue.bytesHeld == 0)
        _ = try queue.hold(bytes: 100)
        load = nil
        #expect(queue.bytesHeld == 0, "what was given back is not given back again")
        queue.drained()
    }

    @Test func `a drain waits for tickets that are neither used nor dropped`() throws {
        let record = Record()
        let queue = BatchQueue.make { record.add($0, $1) }
        let done = DispatchSemaphore(value: 0)
        let used = try queue.admit()
        let dropped = try queue.admit()
        queue.drain {
            record.add(-1, [])
            done.signal()
        }
        #expect(throws: Overloaded.draining) { _ = try queue.admit() }
        _ = consume dropped
        queue.submit(1, kind: 0, ticket: used)
        done.wait()
        #expect(record.batches.map(\.jobs) == [[1], []])
    }

    @Test func `to drain again changes nothing, and calls back too`() {
        let queue = BatchQueue.make { _, _ in }
        queue.drained()
        queue.drained()
        #expect(throws: Overloaded.draining) { _ = try queue.admit() }
    }

    @Test func `a queue that is let go of finishes what it admitted`() throws {
        let ran = DispatchSemaphore(value: 0)
        try BatchQueue.make { _, batch in for _ in batch { ran.signal() } }.submit([1, 2, 3])
        for _ in 0..<3 { ran.wait() }
    }

    @Test func `an idle worker assists a busy one, and comes back for a job`() throws {
        let gate = Gate()
        let assisting = DispatchSemaphore(value: 0)
        let left = Record()
        let queue = BatchQueue.make(
            workers: 2,
            assist: { worker, isWanted in
                assisting.signal()
                while isWanted() {}
                left.add(worker, [])
            },
            process: { _, _ in gate.pass() })
        try queue.submit([0])
        gate.awaitArrivals(1)
        assisting.wait()
        try queue.submit([1])
        gate.awaitArrivals(1)  // the job runs, so the assistant has left
        #expect(left.batches.count == 1)
        gate.open(for: 2)
        queue.drained()
    }

    @Test func `a sleeping worker is called when a batch comes to work that can be shared`() throws
    {
        let gate = Gate()
        let assisted = DispatchSemaphore(value: 0)
        let queue = BatchQueue.make(
            workers: 2, assist: { _, _ in assisted.signal() },
            process: { _, _ in gate.pass() })
        try queue.submit([0])
        gate.awaitArrivals(1)
        assisted.wait()
        queue.callAssistants()
        assisted.wait()
        gate.open(for: 1)
        queue.drained()
    }

    @Test(arguments: [(1, 1), (2, 4), (3, 8), (5, 2)])
    func `under stress each job runs once, and a kind's jobs keep each producer's order`(
        workers: Int, batchMax: Int
    ) throws {
        let producers = 4
        let perProducer = 250
        let kinds = 3
        let record = Record()
        let running = Atomic(0)
        let runningMax = Guarded(0)
        let queue = BatchQueue.make(
            workers: workers, batchMax: batchMax, jobsMax: 64,
            assist: { _, isWanted in _ = isWanted() },
            process: { worker, batch in
                let now = running.add(1, ordering: .relaxed).newValue
                runningMax.withLock { $0 = max($0, now) }
                record.add(worker, batch)
                running.subtract(1, ordering: .relaxed)
            })
        DispatchQueue.concurrentPerform(iterations: producers) { producer in
            var random = SplitMix(seed: UInt64(producer))
            for number in 0..<perProducer {
                let job = producer * perProducer + number
                while true {
                    guard let ticket = try? queue.admit() else { continue }
                    if random.below(8) == 0 { continue }  // drops the ticket and asks again
                    queue.submit(job, kind: job % kinds, ticket: ticket)
                    break
                }
            }
        }
        queue.drained()

        #expect(record.jobs.sorted() == Array(0..<producers * perProducer))
        #expect(record.batches.allSatisfy { Set($0.jobs.map { $0 % kinds }).count == 1 })
        #expect(record.batches.allSatisfy { $0.jobs.count <= batchMax })
        #expect(runningMax.withLock { $0 } <= workers)
        if workers == 1 {
            for producer in 0..<producers {
                for kind in 0..<kinds {
                    let ran = record.jobs.filter {
                        $0 / perProducer == producer && $0 % kinds == kind
                    }
                    #expect(ran == ran.sorted())
                }
            }
        }
    }

    @Test func `a drain in the middle of a stress loses nothing that was admitted`() {
        let record = Record()
        let admitted = Guarded<[Int]>([])
        let queue = BatchQueue.make(workers: 3, batchMax: 4, jobsMax: 32) { record.add($0, $1) }
        let done = DispatchSemaphore(value: 0)
        DispatchQueue.concurrentPerform(iterations: 4) { producer in
            for number in 0..<400 {
                let job = producer * 400 + number
                if job == 200 { queue.drain { done.signal() } }
                guard let ticket = try? queue.admit() else { continue }
                admitted.withLock { $0.append(job) }
                queue.submit(job, kind: job % 2, ticket: ticket)
            }
        }
        done.wait()
        #expect(record.jobs.sorted() == admitted.withLock { $0.sorted() })
        #expect(!record.jobs.isEmpty)
    }
}
