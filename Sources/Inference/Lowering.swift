/// The graph as it is run: residual adds fused into convolutions, pictures widened where an
/// operation needs whole blocks.
///
/// Still without memory.
///
/// Values keep their numbers; new ones are added behind them.
struct Lowering {
    /// One thing to do.
    ///
    /// Values are numbers.
    struct Node {
        let name: String
        let kind: Kind
        var inputs: [Int]
        let outputs: [Int]
    }

    enum Kind {
        /// - step: where in the graph; residual: a value added behind the activation.
        case convolution(step: Int, residual: Int?)
        case add
        case maxPool(kernel: Int, stride: Int, padding: Int)
        case upsample(factor: Int)
        case concat
        case split
        /// The same channels, in whole blocks or in another layout.
        case copy
    }

    private(set) var nodes: [Node] = []
    /// Channels of each value.
    private(set) var channels: [Int]
    /// For each value the graph's value that it is, or is a copy of.
    private(set) var origins: [Int]
    /// The value whose pixels are 4 floats: the input, when it has few enough channels.
    let picture: Int?
    let input: Int
    /// Values to be read after a pass.
    private(set) var outputs: [Int]

    init(_ graph: Graph) {
        channels = graph.channels
        origins = Array(channels.indices)
        outputs = graph.outputs.map(\.id)
        input = graph.input.id
        picture = channels[input] <= ChannelLayout.pictureChannelsMax ? input : nil
        let fused = Self.residualAdds(in: graph)
        let folded = Set(fused.values)
        for (index, step) in graph.steps.enumerated() where !folded.contains(index) {
            nodes.append(Self.node(step, at: index, fused: fused, in: graph))
        }
        if let picture { widen(picture, in: graph) }
    }

    /// Adds a copy of `value`, to run last, and reads it where `output` was read.
    mutating func copyOutput(_ output: Int) {
        let copy = addCopy(of: outputs[output])
        nodes.append(
            Node(name: "output \(output)", kind: .copy, inputs: [outputs[output]], outputs: [copy]))
        outputs[output] = copy
    }

    /// Gives each output a memory of its own, which it need not share its format with others:
    /// what a convolution makes for the outside alone is left as it is, of all else a copy is made.
    mutating func separateOutputs() {
        var made: Set<Int> = []
        for node in nodes {
            if case .convolution = node.kind { made.formUnion(node.outputs) }
        }
        for node in nodes {
            made.subtract(node.inputs)
            if case .convolution(_, let residual?) = node.kind { made.remove(residual) }
        }
        for index in outputs.indices where !made.contains(outputs[index]) { copyOutput(index) }
    }

    private mutating func addCopy(of value: Int) -> Int {
        channels.append(channels[value])
        origins.append(origins[value])
        return channels.count - 1
    }

    /// For each step that adds: the convolution that can add for it, act(conv) + x.
    ///
    /// Its output must have no other reader. It runs where the add stood, so x is there; of two
    /// candidates the later is taken.
    private static func residualAdds(in graph: Graph) -> [Int: Int] {
        var readers = [Int](repeating: 0, count: graph.channels.count)
        var makers: [Int: Int] = [:]
        for value in graph.outputs { readers[value.id] += 1 }
        for (index, step) in graph.steps.enumerated() {
            for value in step.inputs { readers[value.id] += 1 }
            if case .convolution = step.operation { makers[step.outputs[0].id] = index }
        }
        var fused: [Int: Int] = [:]
        for (index, step) in graph.steps.enumerated() {
            guard case .add = step.operation else { continue }
            fused[index] = step.inputs.filter { readers[$0.id] == 1 }.compactMap { makers[$0.id] }
                .max()
        }
        return fused
    }

    private static func node(
        _ step: Graph.Step, at index: Int, fused: [Int: Int], in graph: Graph
    ) -> Node {
        var name = step.name
        var inputs = step.inputs.map(\.id)
        let kind: Kind
        switch step.operation {
        case .convolution: kind = .convolution(step: index, residual: nil)
        case .add:
            if let maker = fused[index] {
                let convolution = graph.steps[maker]
                let residual = inputs[0] == convolution.outputs[0].id ? inputs[1] : inputs[0]
                kind = .convolution(step: maker, residual: residual)
                name = convolution.name
                inputs = convolution.inputs.map(\.id)
            } else {
                kind = .add
            }
        case .maxPool(let side, let stride, let padding):
            kind = .maxPool(kernel: side, stride: stride, padding: padding)
        case .upsample(let factor): kind = .upsample(factor: factor)
        case .concat: kind = .concat
        case .split: kind = .split
        }
        return Node(name: name, kind: kind, inputs: inputs, outputs: step.outputs.map(\.id))
    }

    /// Gives the picture in whole blocks to all but plain convolutions, who read it as it is:
    /// depthwise ones work on blocks, and mixed ones take means of blocks.
    private mutating func widen(_ picture: Int, in graph: Graph) {
        let wide = channels.count
        var isRead = false
        func widened(_ value: Int) -> Int {
            guard value == picture else { return value }
            isRead = true
            return wide
        }
        for index in nodes.indices {
            switch nodes[index].kind {
            case .convolution(let step, let residual):
                if case .convolution(let convolution) = graph.steps[step].operation,
                    convolution.isDepthwise || convolution.isMixed
                {
                    nodes[index].inputs = nodes[index].inputs.map(widened)
                }
                if let residual {
                    nodes[index] = Node(
                        name: nodes[index].name,
                        kind: .convolution(step: step, residual: widened(residual)),
                        inputs: nodes[index].inputs, outputs: nodes[index].outputs)
                }
            default: nodes[index].inputs = nodes[index].inputs.map(widened)
            }
        }
        outputs = outputs.map(widened)
        guard isRead else { return }
        _ = addCopy(of: picture)
        nodes.insert(Node(name: "input", kind: .copy, inputs: [picture], outputs: [wide]), at: 0)
    }
}
