/// A graph made ready to run: weights packed, plans kept for the shapes it meets.
///
/// A ``Graph`` becomes a ``Program`` once (what is fused, where each value lies, packed weights) and
/// a ``Plan`` for each height and width (sizes, places in the arena, items for the threads). A pass
/// walks the plan's sections in the worker's own arena, on the threads of its ``Crew``.
/// The outputs for a picture are bitwise the same whatever the batch, the threads and the neighbours.
package final class Network: Sendable {
    /// What it computes.
    package let graph: Graph
    /// What it computes it with.
    package let isa: ISA
    /// What its numbers are stored as between layers.
    package let precision: Precision
    let program: Program
    let storage: Storage
    let plans: PlanCache
    private let cuts: CutTable

    /// Packs the weights.
    ///
    /// `precision` is one that this CPU computes in on `isa`: see
    /// ``Precision/choose(_:isa:hasRanges:isAvailable:)``. int8 needs the `ranges` of each value
    /// (``Calibration``). `plansMax`: shapes kept at once; `algorithms`
    /// and `cuts`: those that were measured.
    ///
    /// - Throws: when the packed weights pass their limit.
    package init(
        _ graph: Graph, isa: ISA = .best, precision: Precision = .fp32,
        ranges: [ClosedRange<Float>] = [], plansMax: Int = 16,
        algorithms: AlgorithmTable = .standard, cuts: CutTable = .standard
    ) throws(GraphError) {
        self.graph = graph
        self.isa = isa
        self.precision = precision
        let inputChannels = graph.channels(of: graph.input)
        guard (1...GraphLimits.channelsMax).contains(inputChannels) else {
            throw .invalid(step: "input", reason: "a picture of \(inputChannels) channels")
        }
        storage = Storage(precision, of: graph, ranges: ranges)
        program = try Program(graph, isa: isa, storage: storage, algorithms: algorithms)
        plans = PlanCache(plansMax: plansMax)
        self.cuts = cuts
    }

    /// Memory for one pass at a time; one for each worker.
    package func makeWorkspace() -> Workspace { Workspace() }

    /// Runs pictures of one shape, sample after sample.
    ///
    /// Nothing is allocated once the shape's plan is kept and the workspace has met it.
    ///
    /// - Parameters:
    ///   - pictures: how many.
    ///   - height: rows of each.
    ///   - width: pixels in a row of each.
    ///   - workspace: memory, of one pass at a time.
    ///   - lane: whose thread this is.
    ///   - load: writes picture `i` into the network's input.
    ///   - unload: reads the outputs of picture `i`, in the order of `graph.outputs`.
    /// - Throws: ``GraphError/shape(reason:)``, before any call of `load`.
    package func run(
        pictures: Int, height: Int, width: Int, in workspace: Workspace, on lane: Crew.Lane,
        load: (_ i: Int, _ input: inout InputPlanes) -> Void,
        unload: (_ i: Int, _ outputs: borrowing Outputs) -> Void
    ) throws(GraphError) {
        try pass(height: height, width: width, in: workspace, on: lane) { plan, pass in
            for i in 0..<pictures {
                pass.load { load(i, &$0) }
                // By index, here and in the sections: in debug builds, where tests count what is
                // allocated, an iterator does.
                for index in plan.sections.indices { pass.section(index) }
                unload(i, Outputs(plan: plan, arena: pass.arena))
            }
        }
    }

    /// What a pass consists of, in a workspace that is large enough.
    struct Pass {
        let plan: Plan
        let arena: Arena
        let lane: Crew.Lane

        /// Has the picture written.
        func load(_ body: (inout InputPlanes) -> Void) {
            var input = InputPlanes(plan: plan, arena: arena)
            body(&input)
            plan.clearInputBorder(in: arena)
        }

        /// Does a section.
        func section(_ index: Int) {
            let section = plan.sections[index]
            let seats = Region(offset: plan.count, count: plan.seatCount)
            lane.forEach(
                section.items, SectionWork(section: section, arena: arena, seats: seats))
        }
    }

    /// Opens passes of one shape on the lane's thread.
    func pass(
        height: Int, width: Int, in workspace: Workspace, on lane: Crew.Lane,
        _ body: (Plan, Pass) -> Void
    ) throws(GraphError) {
        let plan = try plan(height: height, width: width)
        let arena = try workspace.arena(count: plan.count + lane.crew.size * plan.seatCount)
        lane.lead { body(plan, Pass(plan: plan, arena: arena, lane: lane)) }
    }

    /// The plan of a shape, kept or made.
    func plan(height: Int, width: Int) throws(GraphError) -> Plan {
        try plans.plan(height: height, width: width) { () throws(GraphError) in
            try Plan(
                program, of: graph, kernels: Kernels(isa), height: height, width: width, cuts: cuts)
        }
    }
}

/// What a worker keeps between passes: the arena, as large as the largest plan it has met.
package final class Workspace {
    private var arena: Arena?

    init() {}

    func arena(count: Int) throws(GraphError) -> Arena {
        if let arena, arena.count >= count { return arena }
        arena = nil  // first given back, then made larger
        do {
            let grown = try Arena(count: count)
            arena = grown
            return grown
        } catch {
            throw .shape(reason: "not enough memory for a pass")
        }
    }
}
