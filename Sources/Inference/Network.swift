/// A graph made ready to run: weights packed, plans kept for the shapes it meets.
package final class Network: Sendable {
    package let graph: Graph
    package let isa: ISA

    /// Packs the weights. `plansMax`: shapes kept at once.
    package init(_ graph: Graph, isa: ISA = .best, plansMax: Int = 16) throws(GraphError) {
        fatalError("stub")
    }

    /// Memory for one pass at a time; one for each worker.
    package func makeWorkspace() -> Workspace { fatalError("stub") }

    /// Runs pictures of one shape, sample after sample.
    ///
    /// - Parameters:
    ///   - load: writes picture `i` into the network's input.
    ///   - unload: reads the outputs of picture `i`, in the order of `graph.outputs`.
    package func run(
        pictures: Int, height: Int, width: Int, in workspace: Workspace, on lane: Crew.Lane,
        load: (_ i: Int, _ input: inout InputPlanes) -> Void,
        unload: (_ i: Int, _ outputs: borrowing Outputs) -> Void
    ) throws(GraphError) { fatalError("stub") }
}

/// What a worker keeps between passes: the arena.
package final class Workspace {
    init() {}
}

/// Where a picture is written.
package struct InputPlanes: ~Copyable, ~Escapable {
    package let height: Int
    package let width: Int
    @_lifetime(immortal) init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }
    /// RGB bytes (height, width, 3), taken as v/255.
    package mutating func fill(pixels: Span<UInt8>) { fatalError("stub") }
    /// (3, height, width), taken as they are.
    package mutating func fill(tensor: Span<Float>) { fatalError("stub") }
}

/// What a pass made: one feature map for each of `graph.outputs`.
package struct Outputs: ~Copyable, ~Escapable {
    package var count: Int { fatalError("stub") }
    @_lifetime(immortal) init() {}
    /// Channels, height and width of map `index`.
    package func shape(_ index: Int) -> (channels: Int, height: Int, width: Int) { fatalError("stub") }
    /// Row `y` of channels 16·block ..< 16·block + 16 of map `index`: (width, 16); lanes beyond the
    /// channel count hold nothing of use.
    @_lifetime(borrow self)
    package func row(_ index: Int, block: Int, y: Int) -> Span<Float> { fatalError("stub") }
}
