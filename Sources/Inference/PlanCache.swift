import Locks

/// Plans by height and width, at most so many: the one unused for longest makes room.
final class PlanCache: Sendable {
    private let plansMax: Int
    private let state = Guarded(State())

    private struct State {
        /// Few, so that they are looked through one by one.
        var entries: [(plan: Plan, lastUse: Int)] = []
        var uses = 0
    }

    init(plansMax: Int) { self.plansMax = max(plansMax, 1) }

    /// The plan of a shape, made if there is none.
    ///
    /// Of two workers who miss at once both make it, and the first to be done is kept.
    func plan(
        height: Int, width: Int, make: () throws(GraphError) -> Plan
    ) throws(GraphError) -> Plan {
        if let plan = find(height: height, width: width) { return plan }
        let made = try make()
        if let plan = find(height: height, width: width) { return plan }
        state.withLock { state in
            state.uses += 1
            if state.entries.count >= plansMax,
                let oldest = state.entries.indices.min(by: {
                    state.entries[$0].lastUse < state.entries[$1].lastUse
                })
            {
                state.entries.remove(at: oldest)
            }
            state.entries.append((made, state.uses))
        }
        return made
    }

    /// Plans kept now.
    var count: Int { state.withLock { $0.entries.count } }

    /// Whether a shape's plan is kept; no use of it.
    func holds(height: Int, width: Int) -> Bool {
        state.withLock { state in
            state.entries.contains { $0.plan.height == height && $0.plan.width == width }
        }
    }

    private func find(height: Int, width: Int) -> Plan? {
        state.withLock { state in
            for index in state.entries.indices {
                let plan = state.entries[index].plan
                guard plan.height == height, plan.width == width else { continue }
                state.uses += 1
                state.entries[index].lastUse = state.uses
                return plan
            }
            return nil
        }
    }
}
