internal import Dispatch
internal import Inference
internal import Synchronization

extension Crew {
    /// Leads passes from this thread while a thread for each other seat assists: `run` and `bench`
    /// on pictures that are not queued.
    ///
    /// Between two passes the assistants do not sleep but ask again, so that none of them comes
    /// late to a pass that is measured. It is for one command's short life, not for a service.
    static func lead<Result, Failure>(
        threads: Int, _ body: (Crew.Lane) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let crew = Crew(size: threads)
        let assistants = DispatchGroup()
        let end = End()
        for index in 1..<max(threads, 1) {
            DispatchQueue(label: "assistant \(index)").async(group: assistants) {
                while !end.isReached { crew.assist(as: index) { !end.isReached } }
            }
        }
        defer {
            end.reach()
            assistants.wait()
        }
        return try body(crew.lane(0))
    }
}

/// Says once that it is over.
private final class End: Sendable {
    private let reached = Atomic(false)
    var isReached: Bool { reached.load(ordering: .relaxed) }
    func reach() { reached.store(true, ordering: .relaxed) }
}
