import CKernels

/// What was measured for one convolution of a network.
package struct CutTiming: Sendable {
    /// The step of the graph.
    package let step: String
    /// What it depends on.
    package let shape: CutShape
    /// Of the rule, and of the best.
    package let rule: Duration
    let best: Cut
    /// How long the best takes.
    package let duration: Duration

    /// Whether no cut is better by more than chance.
    var isRuleBest: Bool { duration > rule * 0.97 }
}

extension Network {
    /// The table of cuts, with what is best for the convolutions of this network on this machine.
    ///
    /// Each pass runs each convolution with another of its cuts, so that all are measured with the
    /// caches as they are in a pass. Equal shapes are measured together.
    ///
    /// - Parameters:
    ///   - table: what was measured before.
    ///   - runs: passes for each cut.
    ///   - height: rows of the picture.
    ///   - width: pixels in a row.
    ///   - workspace: memory, of one pass at a time.
    ///   - lane: whose thread this is.
    ///   - load: writes the picture.
    /// - Returns: a timing a shape.
    /// - Throws: ``GraphError/shape(reason:)``.
    package func tune(
        _ table: inout CutTable, runs: Int, height: Int, width: Int, in workspace: Workspace,
        on lane: Crew.Lane, load: (inout InputPlanes) -> Void
    ) throws(GraphError) -> [CutTiming] {
        let plan = try Plan(
            program, of: graph, kernels: Kernels(isa), height: height, width: width,
            cuts: CutTable())
        // Of each section the ways to run it; the first is the rule's.
        let ways = plan.sections.map { section in
            let ways: [any Section] = (section as? any CutSection)?.ways ?? [section]
            return ways
        }
        let seatCount = Region.padded(ways.joined().map(\.seatCount).max() ?? 0)
        let arena = try workspace.arena(count: plan.count + lane.crew.size * seatCount)
        let seats = Region(offset: plan.count, count: seatCount)
        let clock = ContinuousClock()
        var times: [CutShape: [[Duration]]] = [:]
        var steps: [CutShape: String] = [:]
        lane.lead {
            for pass in 0...runs * (ways.map(\.count).max() ?? 1) {
                Pass(plan: plan, arena: arena, lane: lane).load(load)
                for (index, ways) in ways.enumerated() {
                    let way = pass % ways.count
                    let work = SectionWork(section: ways[way], arena: arena, seats: seats)
                    let start = clock.now
                    lane.forEach(ways[way].items, work)
                    let duration = start.duration(to: clock.now)
                    guard pass > 0, let shape = (ways[0] as? any CutSection)?.shape else {
                        continue
                    }
                    steps[shape] = steps[shape] ?? plan.labels[index].step
                    times[shape, default: Array(repeating: [], count: ways.count)][way]
                        .append(duration)
                }
            }
        }
        var timings: [CutTiming] = []
        for ways in ways {
            guard let rule = ways[0] as? any CutSection,
                let step = steps.removeValue(forKey: rule.shape),
                let medians = times[rule.shape]?.map({ $0.sorted()[$0.count / 2] }),
                let best = medians.indices.min(by: { medians[$0] < medians[$1] }),
                let winner = ways[best] as? any CutSection
            else { continue }
            timings.append(
                CutTiming(
                    step: step, shape: rule.shape, rule: medians[0], best: winner.cut,
                    duration: medians[best]))
        }
        table.take(timings)
        return timings
    }
}

extension CutSection {
    /// The section as it is, then cut in the other ways that are worth to be measured: those that still
    /// give four threads something to do, in memory that a cache may hold.
    fileprivate var ways: [any CutSection] {
        let others = Set(candidates).subtracting([cut]).map { cut(by: $0) }
        return [self]
            + others.filter {
                $0.items >= min(items, 4) && $0.seatCount <= Self.seatCountMax
            }.sorted { ($0.cut.run, $0.cut.groups) < ($1.cut.run, $1.cut.groups) }
    }

    /// 4 MiB.
    private static var seatCountMax: Int { 1 << 20 }
}
