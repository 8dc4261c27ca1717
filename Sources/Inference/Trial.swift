/// A plan whose convolutions go given ways, and how long its sections took, cut in each of theirs.
struct Trial {
    let algorithms: AlgorithmTable
    private let labels: [SectionLabel]
    /// Of each section the ways to run it; the first is the rule's.
    private let ways: [[any Section]]
    /// Of each section and way; the same for equal shapes.
    private let medians: [[Duration]]

    /// - Parameters:
    ///   - plan: its sections cut by the rule.
    ///   - algorithms: what it was made by.
    ///   - runs: passes for each cut; one more comes before them.
    ///   - workspace: memory, of one pass at a time.
    ///   - lane: whose thread this is.
    ///   - load: writes the picture.
    /// - Throws: when there is not enough memory.
    init(
        _ plan: Plan, _ algorithms: AlgorithmTable, runs: Int, in workspace: Workspace,
        on lane: Crew.Lane, load: (inout InputPlanes) -> Void
    ) throws(GraphError) {
        let ways = plan.sections.map { section in
            let ways: [any Section] = (section as? any CutSection)?.ways ?? [section]
            return ways
        }
        let seatCount = Region.padded(ways.joined().map(\.seatCount).max() ?? 0)
        let arena = try workspace.arena(count: plan.count + lane.crew.size * seatCount)
        let seats = Region(offset: plan.count, count: seatCount)
        let clock = ContinuousClock()
        var times = ways.map { [[Duration]](repeating: [], count: $0.count) }
        // Equal shapes share the times of the first.
        var firsts: [CutShape: Int] = [:]
        let owners = ways.indices.map { index in
            guard let shape = (ways[index][0] as? any CutSection)?.shape else { return index }
            firsts[shape] = firsts[shape] ?? index
            return firsts[shape, default: index]
        }
        lane.lead {
            for pass in 0...runs * (ways.map(\.count).max() ?? 1) {
                Network.Pass(plan: plan, arena: arena, lane: lane).load(load)
                for (index, ways) in ways.enumerated() {
                    let way = pass % ways.count
                    let work = SectionWork(section: ways[way], arena: arena, seats: seats)
                    let start = clock.now
                    lane.forEach(ways[way].items, work)
                    let duration = start.duration(to: clock.now)
                    if pass > 0 { times[owners[index]][way].append(duration) }
                }
            }
        }
        self.algorithms = algorithms
        self.ways = ways
        labels = plan.labels
        let own = times.map { $0.map { $0.isEmpty ? .zero : $0.sorted()[$0.count / 2] } }
        medians = owners.map { own[$0] }
    }

    /// What the convolutions of a shape take, best cut, and what is mixed for them.
    func duration(of shape: AlgorithmShape) -> Duration {
        zip(labels, medians).filter { $0.0.algorithmShape == shape }
            .reduce(.zero) { $0 + ($1.1.min() ?? .zero) }
    }

    /// A timing a shape, of the convolutions that are wanted; nil has no choice of algorithm.
    func cuts(where isWanted: (AlgorithmShape?) -> Bool) -> [CutTiming] {
        var seen: Set<CutShape> = []
        return labels.indices.compactMap { index in
            guard let rule = ways[index][0] as? any CutSection,
                isWanted(labels[index].algorithmShape),
                seen.insert(rule.shape).inserted,
                let best = medians[index].indices.min(by: {
                    medians[index][$0] < medians[index][$1]
                }),
                let winner = ways[index][best] as? any CutSection
            else { return nil }
            return CutTiming(
                step: labels[index].step, shape: rule.shape, rule: medians[index][0],
                best: winner.cut, duration: medians[index][best])
        }
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
