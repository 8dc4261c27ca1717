import Checkpoints
import Inference

extension NetworkBuilder {
    /// `routing` and `cond_conv`: M experts stored flat, (M, C_out·C_in/groups·k·k), mixed per picture.
    ///
    /// The numbers stand in `cond_conv` (timm's `CondConv2d`) or, in some forks, in the module itself. A
    /// window size that is stored nowhere follows from the count of weights; C_out, when nothing else
    /// tells, from the BatchNorm `behind`.
    mutating func dynamicConvolution(
        _ module: Module, on value: Graph.Value, behind: Module?
    ) throws(ModelError) -> ReadConvolution {
        let strangers = module.childNames.subtracting(["routing", "cond_conv", "bn", "act"])
        if let stranger = strangers.sorted().first {
            throw module.unsupported(
                "its \(stranger.shortened(to: 40)) is unknown; a DynamicConv is routing and cond_conv"
            )
        }
        let inputChannels = graph.channels(of: value)
        let experts = try module.child("cond_conv").inheriting(module)
        let shape = try experts.tensor("weight").shape
        let count = shape.first ?? 0
        guard shape.count == 2 || shape.count == 5, (1...Limit.experts).contains(count) else {
            throw experts.unsupported(
                "its weight is \(shape), not (M, C_out·C_in/groups·k·k) with M up to \(Limit.experts)"
            )
        }
        let each = try experts.weightsOfEach(shape)
        let groups = try experts.integer("groups", in: 1...Limit.channels, default: 1)
        guard inputChannels.isMultiple(of: groups) else {
            throw experts.unsupported("its \(inputChannels) channels do not make \(groups) groups")
        }
        let perGroup = inputChannels / groups
        let window = try experts.window(
            shape: shape, each: each, perGroup: perGroup, behind: behind)
        let geometry = try Geometry(of: experts, kernel: window.kernel)
        try geometry.check(
            experts, inputChannels: inputChannels, perGroup: perGroup,
            outputChannels: window.outputChannels)
        let outputChannels = window.outputChannels
        try spend(weights: count * each, on: experts)  // at most 2⁸ · 2²⁹
        let hasBias = experts.tensors["bias"] != nil
        let biases =
            hasBias
            ? try experts.floats("bias", shape: [count, outputChannels])
            : [Float](repeating: 0, count: count * outputChannels)
        let router = try router(of: module, inputChannels: inputChannels, experts: count)
        let convolution = Convolution(
            inputChannels: inputChannels, outputChannels: outputChannels, kernel: window.kernel,
            stride: geometry.stride, padding: geometry.padding, dilation: geometry.dilation,
            groups: groups,
            weights: .mixed(
                Experts(
                    count: count, kernels: try experts.floats("weight", shape: shape),
                    biases: biases, scale: [Float](repeating: 1, count: outputChannels),
                    shift: [Float](repeating: 0, count: outputChannels), routing: router.routing)))
        let parameters =
            count * each + (hasBias ? count * outputChannels : 0) + router.parameters
        return ReadConvolution(
            convolution: convolution,
            record: .init(parameters: parameters, routing: router.decision, hasBias: hasBias))
    }
}

extension Module {
    /// The same module, with an owner's attributes where it has none of its own.
    fileprivate func inheriting(_ owner: Module) -> Module {
        Module(
            className: className, path: path, children: children, tensors: tensors,
            attributes: attributes.merging(owner.attributes) { own, _ in own })
    }

    /// Weights of each expert: the product of all axes but the first.
    fileprivate func weightsOfEach(_ shape: [Int]) throws(ModelError) -> Int {
        var count = 1
        for axis in shape.dropFirst() {
            guard axis > 0, count <= NetworkBuilder.Limit.weights / axis else {
                throw unsupported("its experts have no weights or too many: \(shape)")
            }
            count *= axis
        }
        return count
    }

    /// C_out and the window, from what is stored or from the count of weights of an expert.
    fileprivate func window(
        shape: [Int], each: Int, perGroup: Int, behind: Module?
    ) throws(ModelError) -> (outputChannels: Int, kernel: Convolution.Extent) {
        let sides = 1...NetworkBuilder.Limit.side
        let channels = 1...NetworkBuilder.Limit.channels
        var kernel: Convolution.Extent?
        if shape.count == 5 {
            kernel = Convolution.Extent(shape[3], shape[4])
        } else if attributes["kernel_size"] != nil {
            kernel = try extent("kernel_size", in: sides)
        }
        var outputs: Int?
        for name in ["out_channels", "out_features"] where outputs == nil {
            if attributes[name] != nil { outputs = try integer(name, in: channels) }
        }
        outputs =
            outputs ?? tensors["bias"]?.shape.last ?? behind?.tensors["running_mean"]?.shape.first
        if outputs == nil, let kernel, sides.contains(kernel.height), sides.contains(kernel.width) {
            outputs = each / (perGroup * kernel.height * kernel.width)
        }
        guard let outputs, channels.contains(outputs) else {
            throw .missing(module: place, what: "its out_channels")
        }
        if kernel == nil {
            let cells = each / (outputs * perGroup)
            let side = sides.first { $0 * $0 >= cells } ?? 1
            kernel = Convolution.Extent(side, side)
        }
        guard let kernel, sides.contains(kernel.height), sides.contains(kernel.width),
            outputs * perGroup * kernel.height * kernel.width == each
        else {
            let size = kernel.map { "\($0.height)×\($0.width)" } ?? "k×k"
            throw unsupported(
                "its experts have \(each) weights each, which is not \(outputs) × \(perGroup) × \(size)"
            )
        }
        return (outputs, kernel)
    }
}
