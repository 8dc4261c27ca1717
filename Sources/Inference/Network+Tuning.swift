/// What was measured for the convolutions of a network.
package struct Tuning: Sendable {
    /// For each shape that has several algorithms.
    package let algorithms: [AlgorithmTiming]
    /// For each shape that can be cut, of the algorithm that is best.
    package let cuts: [CutTiming]
}

/// How long the convolutions of a shape take in each of its algorithms, all of a pass together.
package struct AlgorithmTiming: Sendable {
    /// What they have in common.
    package let shape: AlgorithmShape
    /// The rule's way.
    package let rule: Duration
    /// The other way.
    package let other: Duration

    /// The rule's, where the other is not better by more than chance.
    var best: Algorithm { shape.candidates[other > rule * 0.97 ? 0 : 1] }
    /// The name of the best.
    package var winner: String { best.rawValue }
}

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
    /// Measures what is best for the convolutions of this network on this machine: first by the rule's
    /// algorithms, then by the others.
    ///
    /// Each pass runs each convolution with another of its cuts, so that all are measured with the
    /// caches as they are in a pass. Equal shapes are measured together; what is mixed for a picture is
    /// a part of its convolution.
    ///
    /// - Parameters:
    ///   - runs: passes for each cut.
    ///   - height: rows of the picture.
    ///   - width: pixels in a row.
    ///   - workspace: memory, of one pass at a time.
    ///   - lane: whose thread this is.
    ///   - load: writes the picture.
    /// - Returns: a timing a shape.
    /// - Throws: ``GraphError/shape(reason:)``.
    package func tune(
        runs: Int, height: Int, width: Int, in workspace: Workspace, on lane: Crew.Lane,
        load: (inout InputPlanes) -> Void
    ) throws(GraphError) -> Tuning {
        func trial(_ number: Int) throws(GraphError) -> Trial {
            let algorithms = AlgorithmTable(
                Dictionary(uniqueKeysWithValues: shapes.map { ($0, $0.candidates[number]) }))
            let plan = try Plan(
                Program(graph, isa: isa, storage: storage, algorithms: algorithms), of: graph,
                kernels: Kernels(isa), height: height, width: width, cuts: CutTable())
            return try Trial(plan, algorithms, runs: runs, in: workspace, on: lane, load: load)
        }
        let shapes = Set(program.steps.compactMap(\.algorithmShape))
        let rule = try trial(0)
        guard !shapes.isEmpty else { return Tuning(algorithms: [], cuts: rule.cuts { _ in true }) }
        let other = try trial(1)
        var best = AlgorithmTable()
        let algorithms = shapes.map {
            AlgorithmTiming(
                shape: $0, rule: rule.duration(of: $0), other: other.duration(of: $0))
        }.sorted { $0.rule > $1.rule }
        best.take(algorithms)
        return Tuning(
            algorithms: algorithms,
            cuts: rule.cuts { $0.map { best[$0] == rule.algorithms[$0] } ?? true }
                + other.cuts { $0.map { best[$0] == other.algorithms[$0] } ?? false })
    }
}
