import Testing

@testable import Batching

/// Letters are kinds; a job is its number in the line.
typealias LetterPolicy = BatchPolicy<Int, Character>

/// When the tests begin; what they call now lies so far behind it.
let start = ContinuousClock.now

extension BatchPolicy where Job == Int, Kind == Character {
    /// Workers who have all asked once, and so sleep.
    static func make(workers: Int = 1, batchMax: Int = 8) -> Self {
        var policy = Self(workers: workers, batchMax: batchMax)
        for worker in 0..<workers { _ = policy.next(for: worker) }
        return policy
    }

    /// At a time of no interest.
    mutating func next(for worker: Int) -> Errand<Int> { next(for: worker, at: start) }

    mutating func submit(_ kinds: String) {
        for (job, kind) in kinds.enumerated() { _ = submit(job, kind: kind) }
    }

    /// The jobs a worker is given, if it is given any.
    mutating func batch(for worker: Int) -> [Int]? {
        if case .run(let jobs, _) = next(for: worker) { jobs } else { nil }
    }
}

struct BatchPolicyTests {
    struct Case: CustomTestStringConvertible {
        let kinds: String
        let workers: Int
        let batchMax: Int
        /// What worker 0, 1, … takes, one after another.
        let batches: [[Int]]
        init(_ kinds: String, workers: Int, batchMax: Int, _ batches: [[Int]]) {
            self.kinds = kinds
            self.workers = workers
            self.batchMax = batchMax
            self.batches = batches
        }
        var testDescription: String { "\(kinds), \(workers) workers, \(batchMax) at most" }
    }

    @Test(arguments: [
        Case("A", workers: 1, batchMax: 8, [[0]]),
        Case("A", workers: 4, batchMax: 8, [[0]]),
        Case("AAAA", workers: 1, batchMax: 8, [[0, 1, 2, 3]]),
        Case("AAAA", workers: 1, batchMax: 3, [[0, 1, 2]]),
        Case("AAAA", workers: 1, batchMax: 1, [[0]]),
        Case("AAAA", workers: 2, batchMax: 8, [[0, 1], [2]]),
        Case("AAAAA", workers: 2, batchMax: 8, [[0, 1, 2], [3]]),
        Case("AAAAA", workers: 3, batchMax: 8, [[0, 1], [2], [3]]),
        Case("AAAAAAAAA", workers: 2, batchMax: 3, [[0, 1, 2], [3, 4, 5]]),
        Case("AA", workers: 3, batchMax: 8, [[0], [1]]),
        Case("ABABA", workers: 1, batchMax: 8, [[0, 2, 4]]),
        Case("ABABA", workers: 2, batchMax: 8, [[0, 2], [1]]),
        Case("BAAAA", workers: 2, batchMax: 8, [[0], [1, 2]]),
        Case("ABC", workers: 3, batchMax: 8, [[0], [1], [2]]),
    ])
    func `workers share the jobs of the oldest kind, oldest first`(_ table: Case) {
        var policy = LetterPolicy.make(workers: table.workers, batchMax: table.batchMax)
        policy.submit(table.kinds)
        let batches = table.batches.indices.map { policy.batch(for: $0) }
        #expect(batches == table.batches)
    }

    /// With all four in one worker's hands, the other would soon have nothing to do.
    @Test func `a worker leaves a share for those that still run`() {
        var policy = LetterPolicy.make(workers: 2)
        policy.submit("A")
        #expect(policy.batch(for: 0) == [0])
        policy.submit("AAAA")
        #expect(policy.batch(for: 1) == [0, 1])
        #expect(policy.depth == (waiting: 2, running: 3))
        #expect(policy.batch(for: 0) == [2])
    }

    @Test func `a job sends for a sleeper, and each job for another`() {
        var policy = LetterPolicy.make(workers: 2)
        #expect(policy.submit(0, kind: "A") == .wake(0))
        #expect(policy.submit(1, kind: "A") == .wake(1))
        #expect(policy.submit(2, kind: "A") == nil)
        #expect(policy.depth == (waiting: 3, running: 0))
    }

    @Test func `the last waiting job's start calls sleepers to assist`() {
        var policy = LetterPolicy.make(workers: 3)
        policy.submit("AB")
        #expect(policy.next(for: 0) == .run([0], waking: []))
        #expect(policy.next(for: 1) == .run([1], waking: [2]))
        #expect(policy.next(for: 2) == .assist)
    }

    @Test func `an assistant asks once, then sleeps until it is called again`() {
        var policy = LetterPolicy.make(workers: 2)
        policy.submit("A")
        #expect(policy.next(for: 0) == .run([0], waking: [1]))
        #expect(policy.next(for: 1) == .assist)
        #expect(policy.next(for: 1) == .sleep)
        #expect(policy.callAssistants() == [1])
        #expect(policy.callAssistants() == [], "it is on its way")
        #expect(policy.next(for: 1) == .assist)
    }

    @Test func `an assistant that is called while it assists asks again`() {
        var policy = LetterPolicy.make(workers: 2)
        policy.submit("A")
        _ = policy.next(for: 0)
        #expect(policy.next(for: 1) == .assist)
        #expect(policy.callAssistants() == [])
        #expect(policy.next(for: 1) == .assist)
        #expect(policy.next(for: 1) == .sleep)
    }

    @Test func `a worker that has finished assists those that have not`() {
        var policy = LetterPolicy.make(workers: 2, batchMax: 1)
        policy.submit("AA")
        _ = policy.next(for: 0)
        _ = policy.next(for: 1)
        #expect(policy.next(for: 0) == .assist)
        #expect(policy.next(for: 1) == .sleep, "worker 0 runs nothing")
    }

    @Test func `an assistant is recalled for a job, and a sleeper is preferred`() {
        var policy = LetterPolicy.make(workers: 3)
        policy.submit("A")
        #expect(policy.next(for: 0) == .run([0], waking: [1, 2]))
        #expect(policy.next(for: 1) == .assist)
        #expect(policy.next(for: 2) == .assist)
        #expect(policy.next(for: 2) == .sleep)
        #expect(policy.submit(1, kind: "A") == .wake(2))
        #expect(policy.submit(2, kind: "A") == .recall(1))
        #expect(policy.submit(3, kind: "A") == nil)
    }

    @Test func `nobody is called to assist while jobs wait`() {
        var policy = LetterPolicy.make(workers: 2)
        policy.submit("AB")
        #expect(policy.callAssistants() == [])
        #expect(policy.next(for: 0) == .run([0], waking: []))
    }

    /// Each job but the first finds the one before it running, as at 70% load.
    @Test func `nobody assists while jobs follow each other closely`() {
        var policy = LetterPolicy.make(workers: 2)
        _ = policy.submit(0, kind: "A")
        #expect(policy.next(for: 0) == .run([0], waking: [1]))
        for job in 1..<20 {
            _ = policy.submit(job, kind: "A")
            _ = policy.next(for: job % 2)
            _ = policy.next(for: 1 - job % 2)
        }
        #expect(policy.callAssistants() == [])
        _ = policy.submit(20, kind: "A")
        #expect(policy.next(for: 0) == .run([20], waking: []))
        #expect(policy.next(for: 1) == .sleep, "it has finished, and 20 runs")
    }

    @Test func `the pictures of one request do not keep each other from being shared`() {
        var policy = LetterPolicy.make(workers: 2, batchMax: 1)
        for _ in 0..<20 {
            for position in 0..<3 { _ = policy.submit(position, kind: "A", position: position) }
            #expect(policy.next(for: 0) == .run([0], waking: []))
            #expect(policy.next(for: 1) == .run([1], waking: []))
            #expect(policy.next(for: 0) == .run([2], waking: []))
            #expect(policy.next(for: 1) == .assist)
            _ = policy.next(for: 0)
        }
    }

    @Test func `a stop lets what waits run first`() {
        var policy = LetterPolicy.make(workers: 2, batchMax: 1)
        policy.submit("AAA")
        _ = policy.next(for: 0)
        #expect(policy.stop() == [], "worker 1 was sent for already, worker 0 will ask")
        #expect(policy.next(for: 1) == .run([1], waking: []))
        #expect(policy.next(for: 0) == .run([2], waking: []))
        #expect(policy.next(for: 1) == .stop)
        #expect(policy.next(for: 0) == .stop)
    }

    @Test func `a stop sends for sleepers and assistants`() {
        var policy = LetterPolicy.make(workers: 3)
        policy.submit("A")
        _ = policy.next(for: 0)
        _ = policy.next(for: 1)
        #expect(policy.stop() == [.recall(1), .wake(2)])
    }

    // Turns

    @Test func `who brings many jobs takes turns with those who bring one`() {
        var policy = LetterPolicy.make(workers: 1, batchMax: 1)
        for position in 0..<4 { _ = policy.submit(position, kind: "A", position: position) }
        _ = policy.submit(10, kind: "A")
        _ = policy.submit(20, kind: "A")
        let order = (0..<6).compactMap { _ in policy.batch(for: 0)?.first }
        #expect(order == [0, 1, 10, 2, 20, 3])
    }

    @Test func `however many come after, a large request's last job has its turn`() {
        var policy = LetterPolicy.make(workers: 1, batchMax: 1)
        for position in 0..<8 { _ = policy.submit(position, kind: "A", position: position) }
        var taken: [Int] = []
        for client in 100..<200 {
            _ = policy.submit(client, kind: "A")
            taken += policy.batch(for: 0) ?? []
        }
        #expect(taken.firstIndex(of: 7) ?? .max <= 15)
    }

    // Waits

    @Test func `nobody waits while a worker is free`() {
        var policy = LetterPolicy.make(workers: 2)
        policy.learn("A", took: .seconds(1))
        policy.submit("A")
        _ = policy.next(for: 0)
        #expect(policy.expectedWait(at: start) == .zero)
    }

    @Test func `a wait is what is left of the running and all of the waiting, shared`() {
        var policy = LetterPolicy.make(workers: 2, batchMax: 1)
        policy.learn("A", took: .seconds(1))
        policy.submit("AAAAA")
        for worker in 0..<2 { _ = policy.next(for: worker, at: start) }
        // Three wait for a second each, two run for another second.
        #expect(policy.expectedWait(at: start) == .seconds(2.5))
        #expect(policy.expectedWait(at: start + .milliseconds(500)) == .seconds(2))
        // A job that takes longer than it should has nothing left, not less than nothing.
        #expect(policy.expectedWait(at: start + .seconds(9)) == .seconds(1.5))
        _ = policy.next(for: 0, at: start + .seconds(9))
        #expect(policy.expectedWait(at: start + .seconds(9)) == .seconds(1.5))
    }

    @Test func `a batch counts for all of its jobs, and none when they are done`() {
        var policy = LetterPolicy.make(workers: 1)
        policy.learn("A", took: .seconds(1))
        policy.submit("AAAA")
        _ = policy.next(for: 0, at: start)
        #expect(policy.expectedWait(at: start) == .seconds(4))
        _ = policy.next(for: 0, at: start + .seconds(4))
        #expect(policy.expectedWait(at: start + .seconds(4)) == .zero)
    }

    @Test func `the others of a request that go before count too`() {
        var policy = LetterPolicy.make(workers: 2)
        policy.learn("A", took: .seconds(1))
        #expect(policy.expectedWait(at: start, behind: 3) == .seconds(1.5))
    }

    /// Plays the shell with a random schedule: whatever the order of events, a free worker is sent
    /// for while a job waits, everything runs once, and each kind in its order.
    @Test(arguments: 0..<40)
    func `no schedule loses a job or lets it wait beside a sleeper`(seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        let workers = 1 + random.below(4)
        var policy = LetterPolicy(workers: workers, batchMax: 1 + random.below(4))
        var awake = Set(0..<workers)
        var helping = Set<Int>()
        var ran: [Character: [Int]] = [:]
        var sent: [Character: [Int]] = [:]
        var batches: [Int: Character] = [:]
        func kind(_ job: Int) -> Character { "ABC"[job % 3] }

        for turn in 0..<400 {
            if turn < 200 && random.below(2) == 0 {
                sent[kind(turn), default: []].append(turn)
                switch policy.submit(turn, kind: kind(turn)) {
                case .wake(let worker): awake.insert(worker)
                case .recall(let worker):
                    helping.remove(worker)
                    awake.insert(worker)
                case nil: break
                }
            } else if let worker = (awake.union(helping)).sorted().randomElement(using: &random) {
                helping.remove(worker)
                switch policy.next(for: worker) {
                case .run(let jobs, let waking):
                    awake.formUnion(waking)
                    for job in jobs { ran[kind(job), default: []].append(job) }
                    #expect(Set(jobs.map(kind)).count == 1)
                    batches[worker] = jobs.first.map(kind)
                case .assist:
                    awake.remove(worker)
                    helping.insert(worker)
                case .sleep: awake.remove(worker)
                case .stop: Issue.record("nobody said stop")
                }
            }
            #expect(policy.depth.waiting == 0 || !awake.isEmpty)
        }
        #expect(ran == sent)
    }
}

/// Steele, Lea and Flood's SplitMix64: noise from a seed.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

extension String {
    fileprivate subscript(_ offset: Int) -> Character {
        self[index(startIndex, offsetBy: offset)]
    }
}
