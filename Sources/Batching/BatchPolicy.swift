/// Which worker takes which jobs, and how long a new one would wait: a plain struct without threads
/// or clocks.
///
/// What it promises: while jobs wait, either every free worker has been sent for, or as many as
/// there are jobs; so no job waits while a worker sleeps. And who brings many jobs at once holds up
/// nobody: each job after the first queues as if it had come one client later.
struct BatchPolicy<Job, Kind: Hashable & Sendable> {
    typealias Instant = ContinuousClock.Instant

    private let batchMax: Int
    /// By their turns.
    private var line: [Entry] = []
    private var seats: [Seat]
    private var isStopping = false
    /// The turn of the next client.
    private var nextTurn = 0
    /// What was learned of jobs' times; ``expectedWait(at:behind:)`` goes by it.
    private var times: ServiceTimes<Kind>
    /// What decides whether idle workers assist.
    private var crowding: Crowding
    /// What the jobs in line are estimated to take, together.
    private var waitingTime = Duration.zero

    private struct Entry {
        let job: Job
        let kind: Kind
        let turn: Int
        let estimate: Duration
    }

    init(
        workers: Int, batchMax: Int, size: @escaping @Sendable (Kind) -> Int = { _ in 1 }
    ) {
        self.batchMax = batchMax
        times = ServiceTimes(size: size)
        crowding = Crowding(workers: workers)
        seats = Array(repeating: Seat(), count: workers)
    }

    /// Jobs waiting and jobs being worked on.
    var depth: (waiting: Int, running: Int) {
        let running = seats.reduce(0) { sum, seat in
            if case .running(let jobs) = seat.doing { sum + jobs } else { sum }
        }
        return (line.count, running)
    }

    /// How long a job that came now, behind so many others of its client, would wait for a worker.
    ///
    /// Work is shared evenly: what waits and what is left of what runs, over the workers.
    func expectedWait(at now: Instant, behind others: Int = 0) -> Duration {
        let ahead = times.estimateOfAny * others
        var left = waitingTime + ahead
        for seat in seats {
            if let doneAt = seat.doneAt {
                left += max(doneAt - now, .zero)
            } else if line.isEmpty && others == 0 {
                return .zero  // a worker is free
            }
        }
        return left / seats.count
    }

    /// A job of that kind held its worker so long.
    mutating func learn(_ kind: Kind, took: Duration) { times.learn(kind, took: took) }

    /// A job came: says whom to send for, a sleeper rather than an assistant.
    ///
    /// `position` is its number among the jobs that its client brings at once, from 0.
    mutating func submit(_ job: Job, kind: Kind, position: Int = 0) -> Summons? {
        if position == 0 {
            nextTurn += 1
            crowding.found(line.count + depth.running)
        }
        let turn = nextTurn + position
        let entry = Entry(job: job, kind: kind, turn: turn, estimate: times.estimate(kind))
        waitingTime += entry.estimate
        let place = line.lastIndex { $0.turn <= turn }.map { $0 + 1 } ?? 0
        line.insert(entry, at: place)
        for doing in [Seat.Doing.sleeping, .assisting] {
            if let worker = seats.firstIndex(where: { $0.doing == doing && !$0.isSummoned }) {
                return summon(worker)
            }
        }
        return nil  // all are running, on their way here, or sent for
    }

    /// Worker `worker` has done its jobs, but for saying so; ``next(for:at:)`` follows.
    mutating func finish(_ worker: Int) {
        if seats[worker].isRunning { seats[worker].isInvited = crowding.allowsSharing }
        seats[worker].doneAt = nil
        seats[worker].doing = .awake
    }

    /// Worker `worker` has nothing in hand: it just started, woke, or finished an errand.
    mutating func next(for worker: Int, at now: Instant) -> Errand<Job> {
        finish(worker)
        seats[worker].isSummoned = false
        if let oldest = line.first {
            let batch = take(kind: oldest.kind)
            seats[worker].doing = .running(jobs: batch.count)
            seats[worker].doneAt = now + times.estimate(oldest.kind) * batch.count
            seats[worker].isInvited = false
            return .run(batch, waking: callAssistants())
        }
        if isStopping { return .stop }
        let mayAssist = seats[worker].isInvited && seats.contains { $0.isRunning }
        seats[worker].isInvited = false
        seats[worker].doing = mayAssist ? .assisting : .sleeping
        return mayAssist ? .assist : .sleep
    }

    /// Invites whoever is free to share a running batch, unless jobs wait or come closely one after
    /// another; returns whom to wake.
    mutating func callAssistants() -> [Int] {
        guard line.isEmpty, crowding.allowsSharing else { return [] }
        var sleepers: [Int] = []
        for worker in seats.indices where !seats[worker].isRunning {
            if seats[worker].doing == .sleeping && !seats[worker].isInvited
                && !seats[worker].isSummoned
            {
                sleepers.append(worker)
            }
            seats[worker].isInvited = true
        }
        return sleepers
    }

    /// No job will come: sends for everyone, to stop once nothing waits.
    mutating func stop() -> [Summons] {
        isStopping = true
        return seats.indices.compactMap { worker in
            let isFree = seats[worker].doing == .sleeping || seats[worker].doing == .assisting
            return isFree && !seats[worker].isSummoned ? summon(worker) : nil
        }
    }

    private mutating func summon(_ worker: Int) -> Summons {
        seats[worker].isSummoned = true
        return seats[worker].doing == .sleeping ? .wake(worker) : .recall(worker)
    }

    /// The first jobs of a kind: this worker's share of them, rounded up; those that run will be back for
    /// theirs.
    private mutating func take(kind: Kind) -> [Job] {
        guard batchMax > 1 else {
            // Without a look at the others: hundreds may wait.
            let first = line.removeFirst()
            waitingTime -= first.estimate
            return [first.job]
        }
        let waiting = line.count { $0.kind == kind }
        var share = min(batchMax, (waiting + seats.count - 1) / seats.count)
        var batch: [Job] = []
        batch.reserveCapacity(share)
        line.removeAll { entry in
            guard share > 0, entry.kind == kind else { return false }
            share -= 1
            batch.append(entry.job)
            waitingTime -= entry.estimate
            return true
        }
        return batch
    }
}

/// What a worker is at.
///
/// Not inside the policy: it would be a type for each kind of jobs, looked up at run time.
private struct Seat {
    enum Doing: Equatable {
        case sleeping
        case assisting
        /// Between two errands.
        case awake
        case running(jobs: Int)
    }
    /// A worker's thread starts awake, and asks.
    var doing = Doing.awake
    /// When a running worker is estimated to be done.
    var doneAt: ContinuousClock.Instant?
    /// Sent for since it last asked: a job or the end waits for it.
    var isSummoned = false
    /// There is, or may be, someone to assist.
    var isInvited = false

    var isRunning: Bool { if case .running = doing { true } else { false } }
}

/// What a worker is to do next.
enum Errand<Job> {
    /// Run these jobs, then ask again; first, wake these workers: they may assist.
    case run([Job], waking: [Int])
    /// Assist until recalled or until there is nothing to help with, then ask again.
    case assist
    /// Sleep until woken, then ask again.
    case sleep
    /// End the thread.
    case stop
}

extension Errand: Equatable where Job: Equatable {}
extension Errand: Sendable where Job: Sendable {}

/// How to send for a worker.
enum Summons: Equatable {
    /// It sleeps.
    case wake(Int)
    /// It assists: let it know that it is no longer wanted there.
    case recall(Int)
}
