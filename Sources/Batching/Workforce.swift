internal import CLinux
internal import Dispatch
internal import Locks
internal import Synchronization

/// The threads of a queue: each asks the policy what to do, and does it, until told to stop.
final class Workforce<Job: Sendable, Kind: Hashable & Sendable>: Sendable {
    private let policy: Guarded<BatchPolicy<Job, Kind>>
    private let desks: [Desk]
    /// Those that the process may use, as it began.
    private let cores = coresOfThread()
    private let working = DispatchGroup()
    private let process: @Sendable (_ worker: Int, _ batch: [Job]) -> @Sendable () -> Void
    private let assist: @Sendable (_ worker: Int, _ isWanted: () -> Bool) -> Void

    init(
        workers: Int, batchMax: Int, size: @escaping @Sendable (Kind) -> Int,
        process: @escaping @Sendable (_ worker: Int, _ batch: [Job]) -> @Sendable () -> Void,
        assist: @escaping @Sendable (_ worker: Int, _ isWanted: () -> Bool) -> Void
    ) {
        policy = Guarded(BatchPolicy(workers: workers, batchMax: batchMax, size: size))
        desks = (0..<workers).map { _ in Desk() }
        self.process = process
        self.assist = assist
    }

    /// Gives each worker its thread.
    func start() {
        for worker in desks.indices {
            DispatchQueue(label: "worker \(worker)").async(group: working) { self.work(as: worker) }
        }
    }

    /// Puts a job in line, and sends for a worker if one is free.
    func submit(_ job: Job, kind: Kind, position: Int) {
        let sleeper = policy.withLock { recall($0.submit(job, kind: kind, position: position)) }
        if let sleeper { wake([sleeper]) }
    }

    /// How long a job that came now would wait.
    func expectedWait(at now: ContinuousClock.Instant, behind others: Int) -> Duration {
        policy.withLock { $0.expectedWait(at: now, behind: others) }
    }

    /// A job of that kind held its worker so long.
    func learn(_ kind: Kind, took: Duration) {
        policy.withLock { $0.learn(kind, took: took) }
    }

    /// Wakes idle workers to assist.
    func callAssistants() {
        wake(policy.withLock { $0.callAssistants() })
    }

    /// No job will come: the workers finish what waits and end.
    func stop() {
        wake(policy.withLock { $0.stop().compactMap(recall) })
    }

    /// Calls back once every worker has ended.
    func whenStopped(_ completion: @escaping @Sendable () -> Void) {
        working.notify(queue: .global(), execute: completion)
    }

    var depth: (waiting: Int, running: Int) { policy.withLock { $0.depth } }

    private func work(as worker: Int) {
        let desk = desks[worker]
        desk.open()
        while true {
            let errand = policy.withLock { policy in
                desk.isRecalled.store(false, ordering: .relaxed)
                return policy.next(for: worker, at: .now)
            }
            switch errand {
            case .run(let batch, let sleepers):
                desk.begin(beside: desks, cores: cores)
                wake(sleepers)
                let answer = process(worker, batch)
                desk.end()
                policy.withLock { $0.finish(worker) }
                answer()
            case .assist:
                desk.begin(beside: desks, cores: cores)
                assist(worker) { !desk.isRecalled.load(ordering: .relaxed) }
                desk.end()
            case .sleep:
                desk.sleep(cores)
            case .stop:
                return
            }
        }
    }

    /// Recalls an assistant; a sleeper is for the caller to wake, outside the lock.
    private func recall(_ summons: Summons?) -> Int? {
        switch summons {
        case .recall(let worker):
            desks[worker].isRecalled.store(true, ordering: .relaxed)
            return nil
        case .wake(let worker): return worker
        case nil: return nil
        }
    }

    private func wake(_ workers: [Int]) {
        for worker in workers { desks[worker].wake(beside: desks, cores: cores) }
    }
}
