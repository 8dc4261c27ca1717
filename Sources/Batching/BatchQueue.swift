/// A bounded queue of jobs and the workers that take them in batches of one kind.
///
/// A free worker takes what waits: jobs of the oldest job's kind, oldest first, shared among the
/// workers that are free, `batchMax` at most. A lone job never waits. Idle workers lend themselves
/// to the busy by `assist`.
package final class BatchQueue<Job: Sendable, Kind: Hashable & Sendable>: Sendable {
    /// - Parameters:
    ///   - process: runs a batch on worker `worker` (0 ..< workers).
    ///   - assist: called on an idle worker while others are busy; it helps them and returns
    ///     soon after `isWanted` turns false (a job came) or when there is nothing to help.
    package init(
        workers: Int, batchMax: Int, jobsMax: Int,
        process: @escaping @Sendable (_ worker: Int, _ batch: [Job]) -> Void,
        assist: @escaping @Sendable (_ worker: Int, _ isWanted: () -> Bool) -> Void
    ) { fatalError("stub") }

    /// A place in the queue, or the refusal before any work.
    package func admit() throws(Overloaded) -> Ticket { fatalError("stub") }

    /// Queues a job. Who holds a ticket cannot be refused.
    package func submit(_ job: Job, kind: Kind, ticket: consuming Ticket) { fatalError("stub") }

    /// Jobs waiting and jobs being worked on.
    package var depth: (waiting: Int, running: Int) { fatalError("stub") }

    /// Refuses new tickets, finishes what was admitted, then stops the workers and calls back.
    package func drain(completion: @escaping @Sendable () -> Void) { fatalError("stub") }
}

/// A place in a queue; given back by `deinit` when not used.
package struct Ticket: ~Copyable, Sendable {
    init() {}
    deinit { print("stub") }
}

/// The queue is full (or draining).
package struct Overloaded: Error, Equatable {
    package let isDraining: Bool
}
