/// A graph made ready for any picture: weights packed, values placed in buffers.
///
/// What depends on height and width is in a ``Plan``.
struct Program: Sendable {
    /// Memory that one value, or several side by side, lie in.
    struct Buffer: Sendable {
        let blocks: Int
        /// Numbers a pixel.
        let lanes: Int
        /// What they are stored as.
        let format: Format
        /// Zeros around each plane: the largest padding among the readers.
        var halo: Int
        /// A value of the graph that has this height and width.
        let value: Int
        /// From the first step that writes to the last that reads; −1 is the loading of the picture,
        /// `steps.count` the reading of the outputs.
        var life: ClosedRange<Int>
    }

    /// Planes of a buffer.
    struct Place: Sendable, Equatable {
        let buffer: Int
        let block: Int
        let blocks: Int
    }

    struct Step: Sendable {
        let name: String
        let work: Work
    }

    enum Work: Sendable {
        case convolution(PackedConvolution, input: Place, output: Place, residual: Place?)
        case add(Place, Place, output: Place)
        case maxPool(input: Place, output: Place, kernel: Int, stride: Int, padding: Int)
        case upsample(input: Place, output: Place, factor: Int)
        case copy(input: Place, output: Place, runs: [Run])

        /// Channels side by side in both, counted in lanes through the planes of each.
        struct Run: Sendable {
            let from: Int
            let to: Int
            let count: Int
        }
    }

    /// What is read after a pass.
    struct Output: Sendable {
        let place: Place
        let channels: Int
    }

    let steps: [Step]
    let buffers: [Buffer]
    let input: Place
    let inputChannels: Int
    let outputs: [Output]
    /// Which of them are searched.
    let searchedOutputs: [Int]

    /// - Throws: when a limit on packed weights or cuts is passed.
    init(
        _ graph: Graph, isa: ISA, storage: Storage = .floats,
        algorithms: AlgorithmTable = .standard
    ) throws(GraphError) {
        var lowering = Lowering(graph)
        if storage.isNarrow { lowering.separateOutputs() }
        var layouts = try Segmentation(lowering) { step in
            if case .convolution(let convolution) = graph.steps[step].operation {
                convolution.isDepthwise
            } else {
                false
            }
        }.layouts
        // The reader of an output wants channel c in block c / 16.
        for (index, value) in lowering.outputs.enumerated() where !layouts[value].isDense {
            lowering.copyOutput(index)
            layouts.append(ChannelLayout(channels: lowering.channels[value]))
        }
        let placement = Placement(lowering, layouts: layouts)
        var assembly = Assembly(
            lowering: lowering, layouts: layouts, placement: placement, storage: storage,
            algorithms: algorithms)
        try assembly.assemble(graph, isa: isa)
        steps = assembly.steps
        buffers = assembly.buffers
        input = assembly.place(graph.input.id)
        inputChannels = graph.channels[graph.input.id]
        outputs = lowering.outputs.map {
            Output(place: assembly.place($0), channels: lowering.channels[$0])
        }
        searchedOutputs = graph.searchedOutputs
    }
}

/// Turns nodes into steps, one after another, and learns the life and halo of each buffer.
private struct Assembly {
    let lowering: Lowering
    let layouts: [ChannelLayout]
    let placement: Placement
    let algorithms: AlgorithmTable
    /// By the value that names a buffer: its number.
    let numbers: [Int: Int]
    private(set) var buffers: [Program.Buffer]
    private(set) var steps: [Program.Step] = []
    private var packedCount = 0
    private let memory = WeightMemory()

    init(
        lowering: Lowering, layouts: [ChannelLayout], placement: Placement, storage: Storage,
        algorithms: AlgorithmTable
    ) {
        self.algorithms = algorithms
        self.lowering = lowering
        self.layouts = layouts
        self.placement = placement
        var touched = [Bool](repeating: false, count: layouts.count)
        for value in lowering.nodes.flatMap({ $0.inputs + $0.outputs }) + lowering.outputs + [
            lowering.input
        ] {
            touched[placement.places[value].buffer] = true
        }
        let named = touched.indices.filter { touched[$0] }
        numbers = Dictionary(uniqueKeysWithValues: named.enumerated().map { ($1, $0) })
        var residents = [[Int]](repeating: [], count: layouts.count)
        for value in touched.indices { residents[placement.places[value].buffer].append(value) }
        let outputs = Set(lowering.outputs.map { placement.places[$0].buffer })
        buffers = named.map { buffer in
            Program.Buffer(
                blocks: layouts[buffer].blocks, lanes: layouts[buffer].lanes,
                format: outputs.contains(buffer)
                    ? .float
                    : storage.format(
                        of: residents[buffer].map { lowering.origins[$0] }, input: lowering.input),
                halo: 0, value: lowering.origins[buffer], life: Int.max...Int.max)
        }
    }

    func place(_ value: Int) -> Program.Place {
        let place = placement.places[value]
        // Every value that a node or the outside touches has a number.
        return Program.Place(
            buffer: numbers[place.buffer, default: 0], block: place.block, blocks: place.blocks)
    }

    mutating func assemble(_ graph: Graph, isa: ISA) throws(GraphError) {
        touch(place(graph.input.id), at: -1)
        let copies = Dictionary(grouping: placement.copies, by: \.node)
        for (index, node) in lowering.nodes.enumerated() {
            for copy in copies[index, default: []] {
                let output = Program.Place(
                    buffer: numbers[copy.to.buffer, default: 0], block: copy.to.block,
                    blocks: copy.to.blocks)
                let run = Program.Work.Run(
                    from: 0, to: 0, count: output.blocks * ChannelLayout.blockChannels)
                append(node.name, .copy(input: place(copy.value), output: output, runs: [run]))
            }
            switch node.kind {
            case .convolution(let step, let residual):
                try appendConvolution(
                    node, graph.steps[step], residual: residual, isa: isa)
            case .add:
                append(
                    node.name,
                    .add(
                        place(node.inputs[0]), place(node.inputs[1]),
                        output: place(node.outputs[0])))
            case .maxPool(let kernel, let stride, let padding):
                append(
                    node.name,
                    .maxPool(
                        input: place(node.inputs[0]), output: place(node.outputs[0]),
                        kernel: kernel, stride: stride, padding: padding))
            case .upsample(let factor):
                append(
                    node.name,
                    .upsample(
                        input: place(node.inputs[0]), output: place(node.outputs[0]),
                        factor: factor))
            case .copy:
                append(
                    node.name,
                    .copy(
                        input: place(node.inputs[0]), output: place(node.outputs[0]),
                        runs: Self.runs(from: layouts[node.inputs[0]], to: layouts[node.outputs[0]])
                    ))
            case .concat, .split: break
            }
        }
        for value in lowering.outputs { touch(place(value), at: steps.count) }
    }

    private mutating func appendConvolution(
        _ node: Lowering.Node, _ step: Graph.Step, residual: Int?, isa: ISA
    ) throws(GraphError) {
        guard case .convolution(let convolution) = step.operation else {
            preconditionFailure("a convolution's node names a convolution's step")
        }
        let left = GraphLimits.packedBytesMax / MemoryLayout<Float>.stride - packedCount
        let packed: PackedConvolution
        do {
            packed = try PackedConvolution(
                convolution, from: layouts[node.inputs[0]], to: layouts[node.outputs[0]],
                format: buffers[place(node.inputs[0]).buffer].format, isa: isa,
                algorithms: algorithms, countMax: left, in: memory)
        } catch {
            throw .invalid(step: node.name, reason: error.reason)
        }
        packedCount += packed.count
        let input = place(node.inputs[0])
        buffers[input.buffer].halo = max(buffers[input.buffer].halo, packed.geometry.halo)
        append(
            node.name,
            .convolution(
                packed, input: input, output: place(node.outputs[0]), residual: residual.map(place))
        )
    }

    private mutating func append(_ name: String, _ work: Program.Work) {
        for place in work.places { touch(place, at: steps.count) }
        steps.append(Program.Step(name: name, work: work))
    }

    private mutating func touch(_ place: Program.Place, at step: Int) {
        let life = buffers[place.buffer].life
        buffers[place.buffer].life =
            life.lowerBound == .max
            ? step...step : min(life.lowerBound, step)...max(life.upperBound, step)
    }

    /// Channels that lie side by side in both layouts.
    private static func runs(from input: ChannelLayout, to output: ChannelLayout)
        -> [Program.Work.Run]
    {
        let from = input.laneOfChannel
        let to = output.laneOfChannel
        var runs: [Program.Work.Run] = []
        for channel in from.indices {
            if let last = runs.last, last.from + last.count == from[channel],
                last.to + last.count == to[channel]
            {
                runs[runs.count - 1] = Program.Work.Run(
                    from: last.from, to: last.to, count: last.count + 1)
            } else {
                runs.append(Program.Work.Run(from: from[channel], to: to[channel], count: 1))
            }
        }
        return runs
    }
}

extension Program.Step {
    /// Of a convolution that could be computed in another way.
    var algorithmShape: AlgorithmShape? {
        if case .convolution(let packed, _, _, _) = work { packed.algorithmShape } else { nil }
    }
}

extension Program.Work {
    /// What a step writes.
    var output: Program.Place {
        switch self {
        case .convolution(_, _, let output, _), .add(_, _, let output),
            .maxPool(_, let output, _, _, _), .upsample(_, let output, _), .copy(_, let output, _):
            output
        }
    }

    /// All that a step reads or writes.
    var places: [Program.Place] {
        switch self {
        case .convolution(_, let input, let output, let residual):
            [input, output] + (residual.map { [$0] } ?? [])
        case .add(let left, let right, let output): [left, right, output]
        case .maxPool(let input, let output, _, _, _), .upsample(let input, let output, _),
            .copy(let input, let output, _):
            [input, output]
        }
    }
}
