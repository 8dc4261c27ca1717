/// A bounded queue of jobs and the workers that take them in batches of one kind.
///
/// A free worker takes what waits: jobs of the oldest job's kind, oldest first, shared among the
/// workers, `batchMax` at most. A lone job never waits. Idle workers lend themselves
/// to the busy by `assist`. Whoever submits many jobs at once takes turns with the others.
///
/// Admission comes before work: ``admit(startBy:behind:)`` gives a ``Ticket`` or refuses, and a job that
/// came with a ticket is always processed, through ``drain(completion:)`` too. It refuses what finds no
/// place, and what, going by the times measured so far, could not start in time; ``hold(bytes:)`` bounds
/// the memory of what waits. A job carries its own way of answering: `process` sends each answer as
/// soon as it has it, and has the last one sent.
///
/// A queue that is let go of without ``drain(completion:)`` finishes what it admitted and stops.
///
/// DESIGN: three parts that know little of each other. ``Admission`` counts places and bytes under a lock
/// of its own. ``BatchPolicy`` decides who does what and estimates waits: a plain struct, tested
/// without threads or clocks.
/// ``Workforce`` asks it and does as told: each worker is one thread for the queue's whole life,
/// asleep on its own semaphore when there is nothing to do, so there are never more threads running
/// than workers. All decisions are made under one lock, held for a few lines and never while a job
/// runs.
package final class BatchQueue<Job: Sendable, Kind: Hashable & Sendable>: Sendable {
    private let admission: Admission
    private let workforce: Workforce<Job, Kind>

    /// Starts the workers.
    ///
    /// - Parameters:
    ///   - workers: threads, at least 1.
    ///   - batchMax: the most jobs one worker takes at a time, at least 1.
    ///   - jobsMax: places, at least 1. A ticket, a waiting job and a running job hold one each.
    ///   - bytesMax: what ``hold(bytes:)`` gives out at once.
    ///   - size: how large a kind is, in any unit: a kind that was never measured is taken to hold a
    ///     worker for a time in proportion.
    ///   - process: runs a batch on worker `worker` (0 ..< workers). Its jobs are of one kind,
    ///     oldest first. Their places are given back when it returns; what it returns is called then, on that
    ///     worker: the answer, behind which a client's next job finds a place, and nobody at its last one.
    ///   - assist: called on an idle worker while others are busy; it helps them and returns
    ///     soon after `isWanted` turns false (a job came) or when there is nothing to help. It is
    ///     called when a batch starts on another worker and nothing waits, when the worker itself
    ///     has finished a batch, and after ``callAssistants()``; in between the worker sleeps.
    @_specialize(where Job == Work, Kind == WorkKind)
    package init(
        workers: Int, batchMax: Int, jobsMax: Int, bytesMax: Int = .max,
        size: @escaping @Sendable (Kind) -> Int = { _ in 1 },
        process: @escaping @Sendable (_ worker: Int, _ batch: [Job]) -> @Sendable () -> Void,
        assist: @escaping @Sendable (_ worker: Int, _ isWanted: () -> Bool) -> Void
    ) {
        precondition(workers > 0 && batchMax > 0 && jobsMax > 0)
        let admission = Admission(placesMax: jobsMax, bytesMax: bytesMax)
        self.admission = admission
        workforce = Workforce(
            workers: workers, batchMax: batchMax, size: size,
            process: { worker, batch in
                let answer = process(worker, batch)
                admission.giveBack(batch.count)
                return answer
            },
            assist: assist)
        workforce.start()
    }

    deinit { close() }

    /// A place in the queue, or the refusal before any work.
    ///
    /// - Parameters:
    ///   - deadline: when the job must have started; nil for a client that waits for ever.
    ///   - others: jobs of the same client that go before it and are not submitted yet.
    /// - Returns: the place, which is given back when it is not used.
    /// - Throws: that there is none, or that the job could not start in time.
    @_specialize(where Job == Work, Kind == WorkKind)
    package func admit(
        startBy deadline: ContinuousClock.Instant? = nil, behind others: Int = 0
    ) throws(Overloaded) -> Ticket {
        let now = ContinuousClock.now
        let wait = workforce.expectedWait(at: now, behind: others)
        do { try admission.take() } catch { throw Overloaded(error, expectedWait: wait) }
        let ticket = Ticket(of: admission)
        if let deadline, now + wait > deadline { throw .time(expectedWait: wait) }
        return ticket
    }

    /// A place for work of the queue's owner, who never brings much, however many places are taken.
    ///
    /// - Throws: only that the queue is draining.
    package func admitBeyondPlaces() throws(Overloaded) -> Ticket {
        do { try admission.take(isBounded: false) } catch {
            throw Overloaded(error, expectedWait: .zero)
        }
        return Ticket(of: admission)
    }

    /// Counts bytes that are kept in memory for jobs, until the load is let go of.
    package func hold(bytes: Int) throws(Overloaded) -> Load {
        do { return try Load(bytes, on: admission) } catch {
            throw Overloaded(error, expectedWait: expectedWait)
        }
    }

    /// Bytes held now.
    package var bytesHeld: Int { admission.bytes }

    /// How long a job that came now would wait for a worker, going by what was measured.
    package var expectedWait: Duration {
        @_specialize(where Job == Work, Kind == WorkKind)
        get { workforce.expectedWait(at: .now, behind: 0) }
    }

    /// Queues a job: who holds a ticket cannot be refused.
    ///
    /// `position` is its number among the jobs that its client submits at once, from 0, in this order.
    @_specialize(where Job == Work, Kind == WorkKind)
    package func submit(_ job: Job, kind: Kind, position: Int = 0, ticket: consuming Ticket) {
        ticket.use(at: admission)
        workforce.submit(job, kind: kind, position: position)
    }

    /// Tells how long a job of that kind held its worker, so that waits can be estimated.
    @_specialize(where Job == Work, Kind == WorkKind)
    package func learn(_ kind: Kind, took: Duration) { workforce.learn(kind, took: took) }

    /// Jobs waiting and jobs being worked on.
    package var depth: (waiting: Int, running: Int) { workforce.depth }

    /// Wakes idle workers to `assist`, unless jobs wait for them.
    ///
    /// For `process` to call once it has come to work that can be shared: the workers that were
    /// called when its batch started may have found nothing to help with, and gone to sleep.
    @_specialize(where Job == Work, Kind == WorkKind)
    package func callAssistants() { workforce.callAssistants() }

    /// Refuses new tickets, finishes what was admitted, then stops the workers and calls back.
    ///
    /// A ticket that was taken before counts as admitted until it is used or dropped. To drain
    /// again changes nothing; each `completion` is called once, on a thread of its own.
    package func drain(completion: @escaping @Sendable () -> Void) {
        close()
        workforce.whenStopped(completion)
    }

    private func close() {
        admission.close { [workforce] in workforce.stop() }
    }
}
