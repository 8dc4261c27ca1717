import Checkpoints
import Inference

/// Writes the network that a checkpoint's modules make.
///
/// DESIGN. A YOLO-family model is a list of layers, each with `f`: which earlier outputs it reads. The
/// builder follows that wiring and turns each layer into steps of a `Graph`. What a module is,
/// `ModuleKind` tells; what each kind does is in `NetworkBuilder+Blocks.swift` (blocks of
/// convolutions), `NetworkBuilder+Convolution.swift` (a convolution and what is fused behind it),
/// `DynamicConvolution.swift` and `RoutingReading.swift` (experts and how they are weighed) and
/// `NetworkBuilder+Head.swift` (Detect). Beside each step stands a `StepRecord`: what the file held
/// for it, for reports. The file is a stranger's: every number is checked where it is read, and the
/// limits below, with those of the graph, bound what a small file can make us do.
struct NetworkBuilder {
    private(set) var graph = Graph(inputChannels: 3)
    private(set) var records: [StepRecord] = []
    let routingRule: RoutingRule
    private var weightsLeft = Limit.weights

    /// What a small file could make large.
    enum Limit {
        /// Modules inside modules, for the stack grows with them; real models have 6.
        static let depth = 24
        /// Channels of a value; real models stay under 5000.
        static let channels = 1 << 16
        /// Weights in float32, 2 GiB: as many as a file may hold, with those of steps we add.
        static let weights = 1 << 29
        /// Side of a window or step; real models stay under 20.
        static let side = 127
        /// Experts of a layer; the paper goes up to 16.
        static let experts = 256
    }

    /// The network, its head, and what the file held for each step.
    struct Blueprint {
        let graph: Graph
        let head: Head
        let records: [StepRecord]
    }

    static func blueprint(
        of checkpoint: Checkpoint, overrides: Detector.Overrides
    ) throws(ModelError) -> Blueprint {
        let task = checkpoint.metadata.task
        guard task == "detect" else {
            throw .unsupported(
                module: "model",
                reason:
                    "it is made for the task \"\(task.shortened(to: 40))\"; supported is \"detect\""
            )
        }
        let rule = try RoutingRule(overrides: overrides, metadata: checkpoint.metadata)
        var builder = NetworkBuilder(routingRule: rule)
        let head = try builder.appendLayers(of: checkpoint.root)
        return Blueprint(graph: builder.graph, head: head, records: builder.records)
    }

    private init(routingRule: RoutingRule) { self.routingRule = routingRule }

    // MARK: Layers and their wiring

    private mutating func appendLayers(of root: Module) throws(ModelError) -> Head {
        let layers = try root.child("model").children.map { $0.module }
        guard let last = layers.last else {
            throw .missing(module: root.place, what: "every layer")
        }
        var made: [Graph.Value] = []
        for (index, layer) in layers.dropLast().enumerated() {
            let sources = try sources(of: layer, at: index, made: made)
            made.append(try value(of: layer, from: sources, depth: 0))
        }
        guard ModuleKind(of: last) == .detect else {
            throw last.unsupported(
                "the last layer is \(last.shownClass); a detector ends with Detect")
        }
        return try appendHead(last, to: try sources(of: last, at: made.count, made: made))
    }

    /// The outputs that layer `index` reads: negative numbers count back from it, −1 is the one before.
    private func sources(
        of layer: Module, at index: Int, made: [Graph.Value]
    ) throws(ModelError) -> [Graph.Value] {
        let from: [Attribute]
        switch layer.attributes["f"] {
        case .list(let list)?: from = list
        case let one?: from = [one]
        case nil: throw .missing(module: layer.place, what: "its f (which layers it reads)")
        }
        guard (1...64).contains(from.count) else {
            throw layer.unsupported("it reads \(from.count) layers; from 1 to 64 are supported")
        }
        var values: [Graph.Value] = []
        for attribute in from {
            // −1 at the first layer is the picture; otherwise nothing before the first can be meant.
            guard let number = attribute.whole, number < index, number >= -max(index, 1) else {
                throw layer.unsupported("its f must name earlier layers")
            }
            let source = number < 0 ? index + number : number
            values.append(source < 0 ? graph.input : made[source])
        }
        return values
    }

    /// What a module makes of its inputs.
    mutating func value(
        of module: Module, from inputs: [Graph.Value], depth: Int
    ) throws(ModelError) -> Graph.Value {
        guard depth < Limit.depth else {
            throw module.unsupported("modules stand in each other deeper than \(Limit.depth)")
        }
        let kind = ModuleKind(of: module)
        if kind == .concat { return try concat(module, of: inputs) }
        guard inputs.count == 1 else {
            throw module.unsupported("\(module.shownClass) reads one layer, not \(inputs.count)")
        }
        let input = inputs[0]
        switch kind {
        case .convolution, .dynamicConvolution, .batchNorm, .activation:
            return try run([module], from: input, owner: nil, depth: depth)
        case .convolutionBlock: return try convolutionBlock(module, from: input, depth: depth)
        case .sequential:
            return try run(
                module.children.map { $0.module }, from: input, owner: nil, depth: depth)
        case .wrapper:
            return try value(of: try module.child("conv"), from: inputs, depth: depth + 1)
        case .identity: return input
        case .bottleneck: return try bottleneck(module, from: input, depth: depth)
        case .c2f: return try c2f(module, from: input, depth: depth)
        case .c2: return try c2(module, from: input, depth: depth)
        case .c3: return try c3(module, from: input, depth: depth)
        case .spp: return try spp(module, from: input, depth: depth)
        case .sppf: return try sppf(module, from: input, depth: depth)
        case .maxPool: return try maxPool(module, from: input)
        case .upsample: return try upsample(module, from: input)
        case .ghostConvolution: return try ghostConvolution(module, from: input, depth: depth)
        case .ghostModule: return try ghostModule(module, from: input, depth: depth)
        case .ghostBottleneck: return try ghostBottleneck(module, from: input, depth: depth)
        case .concat, .detect, .unknown:
            throw module.unsupported(
                "\(module.shownClass) cannot be run here; \(ModuleKind.supported)")
        }
    }

    // MARK: Steps

    /// Appends a step; the graph checks channels, counts and numbers once more.
    mutating func append(
        _ operation: Operation, to inputs: [Graph.Value], of module: Module,
        record: StepRecord.Contents = .init()
    ) throws(ModelError) -> [Graph.Value] {
        do {
            let outputs = try graph.append(operation, to: inputs, named: module.place)
            records.append(StepRecord(className: module.shownClass, contents: record))
            return outputs
        } catch {
            throw .graph(error)
        }
    }

    /// Appends a step that makes one value.
    mutating func appendOne(
        _ operation: Operation, to inputs: [Graph.Value], of module: Module,
        record: StepRecord.Contents = .init()
    ) throws(ModelError) -> Graph.Value {
        let outputs = try append(operation, to: inputs, of: module, record: record)
        guard let output = outputs.first else { throw module.unsupported("it makes nothing") }
        return output
    }

    /// Takes so many weights from what the network may hold.
    mutating func spend(weights count: Int, on module: Module) throws(ModelError) {
        guard count <= weightsLeft else {
            throw module.unsupported("the network has more than \(Limit.weights) weights")
        }
        weightsLeft -= count
    }

    /// The head's maps; in those of classes few scores are looked for.
    mutating func setOutputs(_ values: [Graph.Value], searched: [Int]) {
        graph.setOutputs(values, searched: searched)
    }
}

/// What the file held for a step of the network.
struct StepRecord: Sendable {
    let className: String
    let contents: Contents

    /// The learned numbers behind a step.
    struct Contents: Sendable {
        /// Parameters in the file (BatchNorm's running statistics are none).
        var parameters = 0
        /// How a dynamic convolution's experts are weighed.
        var routing: RoutingDecision?
        /// Whether the experts have biases.
        var hasBias = false
    }
}
