import Checkpoints
import Inference

extension NetworkBuilder {
    /// A convolution with what the file held for it.
    struct ReadConvolution {
        var convolution: Convolution
        var record = StepRecord.Contents()
    }

    /// Modules one after another.
    ///
    /// A convolution takes in the BatchNorm and the activation that stand right behind it; where they
    /// stand alone they become 1×1 depthwise convolutions. The steps are named after `owner`; where it
    /// is nil, each after its own module.
    mutating func run(
        _ modules: [Module], from input: Graph.Value, owner: Module?, depth: Int
    ) throws(ModelError) -> Graph.Value {
        var value = input
        var rest = modules[...]
        while let module = rest.popFirst() {
            let kind = ModuleKind(of: module)
            var read: ReadConvolution
            switch kind {
            case .convolution: read = try staticConvolution(module, on: value)
            case .dynamicConvolution:
                let behind = module[child: "bn"] ?? rest.first
                read = try dynamicConvolution(module, on: value, behind: behind)
            case .batchNorm, .activation:
                read = try passThrough(module, channels: graph.channels(of: value))
                rest = [module] + rest
            default:
                value = try self.value(of: module, from: [value], depth: depth + 1)
                continue
            }
            // A dynamic layer may hold its own.
            var behind = ["bn", "act"].compactMap { module[child: $0] }[...]
            try fuse(&behind, into: &read)
            guard behind.isEmpty else {
                throw module.unsupported("its bn and act must be a BatchNorm2d and an activation")
            }
            if read.convolution.activation == .identity { try fuse(&rest, into: &read) }
            value = try appendOne(
                .convolution(read.convolution), to: [value], of: owner ?? module,
                record: read.record)
        }
        return value
    }

    /// `conv`, perhaps `bn`, and `act`; a fused block has a bias in `conv` instead of `bn`.
    mutating func convolutionBlock(
        _ module: Module, from input: Graph.Value, depth: Int
    ) throws(ModelError) -> Graph.Value {
        let activation = try module.child("act")
        guard case .activation = ModuleKind(of: activation).asActivation else {
            throw activation.unsupported(
                "the activation \(activation.shownClass) cannot be run; supported are SiLU, ReLU, "
                    + "Hardswish and Identity")
        }
        let parts = [try module.child("conv"), module[child: "bn"], activation].compactMap { $0 }
        return try run(parts, from: input, owner: module, depth: depth)
    }

    /// Folds a leading BatchNorm, then takes in a leading activation.
    private mutating func fuse(
        _ rest: inout ArraySlice<Module>, into read: inout ReadConvolution
    ) throws(ModelError) {
        if let norm = rest.first, ModuleKind(of: norm) == .batchNorm {
            rest.removeFirst()
            try fold(norm, into: &read)
        }
        if let next = rest.first,
            case .activation(let activation) = ModuleKind(of: next).asActivation
        {
            rest.removeFirst()
            read.convolution.activation = activation
        }
    }

    private mutating func fold(_ norm: Module, into read: inout ReadConvolution) throws(ModelError)
    {
        let shape = [read.convolution.outputChannels]
        let isAffine = try norm.flag("affine", default: true)
        guard let epsilon = norm.attributes["eps"]?.number, epsilon >= 0, epsilon <= 1 else {
            throw .missing(module: norm.place, what: "its eps, a number from 0 to 1,")
        }
        let mean = try norm.floats("running_mean", shape: shape)
        let variance = try norm.floats("running_var", shape: shape)
        guard variance.allSatisfy({ Double($0) + epsilon > 0 }) else {
            throw norm.unsupported("its running_var must be positive")
        }
        let ones = [Float](repeating: 1, count: shape[0])
        let zeros = [Float](repeating: 0, count: shape[0])
        read.convolution = read.convolution.folding(
            gamma: isAffine ? try norm.floats("weight", shape: shape) : ones,
            beta: isAffine ? try norm.floats("bias", shape: shape) : zeros,
            mean: mean, variance: variance, epsilon: epsilon)
        if isAffine { read.record.parameters += 2 * shape[0] }
    }

    /// A convolution that changes nothing.
    private mutating func passThrough(
        _ module: Module, channels: Int
    ) throws(ModelError) -> ReadConvolution {
        try spend(weights: channels, on: module)
        return ReadConvolution(
            convolution: Convolution(
                inputChannels: channels, outputChannels: channels, kernel: .init(1, 1),
                groups: channels,
                weights: .constant(
                    kernel: [Float](repeating: 1, count: channels),
                    bias: [Float](repeating: 0, count: channels))))
    }

    private mutating func staticConvolution(
        _ module: Module, on value: Graph.Value
    ) throws(ModelError) -> ReadConvolution {
        let shape = try module.tensor("weight").shape
        guard shape.count == 4, shape.allSatisfy({ (1...Limit.channels).contains($0) }) else {
            throw module.unsupported("its weight is \(shape), not (C_out, C_in/groups, k, k)")
        }
        let kernel = Convolution.Extent(shape[2], shape[3])
        let geometry = try Geometry(of: module, kernel: kernel)
        try geometry.check(
            module, inputChannels: graph.channels(of: value), perGroup: shape[1],
            outputChannels: shape[0])
        let bias =
            module.tensors["bias"] == nil ? nil : try module.floats("bias", shape: [shape[0]])
        let count = shape.reduce(1, *)  // four factors of at most 2¹⁶, two of them at most 2⁷
        try spend(weights: count, on: module)
        let convolution = Convolution(
            inputChannels: shape[1] * geometry.groups, outputChannels: shape[0], kernel: kernel,
            stride: geometry.stride, padding: geometry.padding, dilation: geometry.dilation,
            groups: geometry.groups,
            weights: .constant(
                kernel: try module.floats("weight", shape: shape),
                bias: bias ?? [Float](repeating: 0, count: shape[0])))
        let record = StepRecord.Contents(
            parameters: count + (bias?.count ?? 0), hasBias: bias != nil)
        return ReadConvolution(convolution: convolution, record: record)
    }
}

extension ModuleKind {
    /// Identity counts as an activation where one stands.
    fileprivate var asActivation: ModuleKind { self == .identity ? .activation(.identity) : self }
}
