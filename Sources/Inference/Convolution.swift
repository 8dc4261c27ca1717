/// A convolution, constant or dynamic, with what is fused behind it.
package struct Convolution: Sendable {
    /// C_in.
    package var inputChannels: Int
    /// C_out.
    package var outputChannels: Int
    /// k_h × k_w.
    package var kernel: Extent
    /// Pixels from a window to the next.
    package var stride: Extent
    /// Zeros around the input.
    package var padding: Extent
    /// Pixels from a cell of the window to the next.
    package var dilation: Extent
    /// Parts of the channels that know only each other; divides both counts.
    package var groups: Int
    /// The numbers, or the rule that gives them.
    package var weights: Weights
    /// What is done to each sum.
    package var activation: Activation

    /// Height and width of a window, step or border.
    package struct Extent: Sendable, Hashable {
        /// Rows.
        package var height: Int
        /// Columns.
        package var width: Int
        /// An extent of so many rows and columns.
        package init(_ height: Int, _ width: Int) {
            self.height = height
            self.width = width
        }
    }

    /// Where the kernel comes from.
    package enum Weights: Sendable {
        /// - kernel: (C_out, C_in/groups, k_h, k_w); bias: (C_out).
        case constant(kernel: [Float], bias: [Float])
        /// Mixed for each picture (ParameterNet eq. 3–4).
        case mixed(Experts)
    }

    /// A convolution as it is said; a graph checks it when it is appended.
    package init(
        inputChannels: Int, outputChannels: Int, kernel: Extent, stride: Extent = Extent(1, 1),
        padding: Extent = Extent(0, 0), dilation: Extent = Extent(1, 1), groups: Int = 1,
        weights: Weights, activation: Activation = .identity
    ) {
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.groups = groups
        self.weights = weights
        self.activation = activation
    }
}

/// M kernels and the rule that mixes them: W' = s ⊙ Σ α_i W_i, b' = s ⊙ Σ α_i b_i + shift, with one s
/// for each output channel.
package struct Experts: Sendable {
    /// M.
    package var count: Int
    /// One behind the other: (M, C_out·C_in/groups·k_h·k_w).
    package var kernels: [Float]
    /// Their biases: (M, C_out).
    package var biases: [Float]
    /// s, whatever α is: BatchNorm's scale once folded. (C_out)
    ///
    /// It stays apart, so that the kernels are the file's own numbers: those of a file in float16 may be
    /// kept, and read for each picture, as such.
    package var scale: [Float]
    /// What is added whatever α is: BatchNorm's shift once folded. (C_out)
    package var shift: [Float]
    /// What gives α.
    package var routing: Routing
    /// Experts as they are said; a graph checks them with their convolution.
    package init(
        count: Int, kernels: [Float], biases: [Float], scale: [Float], shift: [Float],
        routing: Routing
    ) {
        self.count = count
        self.kernels = kernels
        self.biases = biases
        self.scale = scale
        self.shift = shift
        self.routing = routing
    }
}

/// α from the mean of each input channel.
package enum Routing: Sendable {
    /// α = sigmoid(W·GAP(x) + b); weight (M, C_in), bias (M). timm's CondConv, the seed code.
    case sigmoid(weight: [Float], bias: [Float])
    /// α = softmax(W₂·act(W₁·GAP(x) + b₁) + b₂); W₁ (hidden, C_in), W₂ (M, hidden). The paper's.
    case softmax(
        hiddenWeight: [Float], hiddenBias: [Float], activation: Activation, weight: [Float],
        bias: [Float])
}

extension Convolution {
    /// Weights of one output channel, in one expert.
    ///
    /// - Precondition: the convolution was checked, so that nothing overflows.
    var weightsPerOutput: Int { inputChannels / groups * kernel.height * kernel.width }

    /// One output for each channel, and each channel by itself.
    var isDepthwise: Bool { groups == inputChannels && groups == outputChannels }

    var isMixed: Bool {
        if case .mixed = weights { true } else { false }
    }

    /// That counts divide, arrays have their sizes, and numbers are finite and within limits.
    func check() throws(Misfit) {
        let channels = 1...GraphLimits.channelsMax
        try Inference.check(inputChannels, in: channels, "input channel count")
        try Inference.check(outputChannels, in: channels, "output channel count")
        for (extent, least, name) in [
            (kernel, 1, "kernel"), (stride, 1, "stride"), (padding, 0, "padding"),
            (dilation, 1, "dilation"),
        ] {
            try Inference.check(extent.height, in: least...GraphLimits.windowMax, name)
            try Inference.check(extent.width, in: least...GraphLimits.windowMax, name)
        }
        guard groups >= 1, inputChannels % groups == 0, outputChannels % groups == 0 else {
            throw Misfit("\(groups) groups do not divide \(inputChannels) → \(outputChannels)")
        }
        // At most 2^16 · 2^16 · 255²: below 2^48.
        let kernelCount = outputChannels * weightsPerOutput
        switch weights {
        case .constant(let kernel, let bias):
            try checkArray(kernel, count: kernelCount, "kernel")
            try checkArray(bias, count: outputChannels, "bias")
        case .mixed(let experts):
            try Inference.check(experts.count, in: 1...GraphLimits.expertsMax, "expert count")
            try checkArray(experts.kernels, count: experts.count * kernelCount, "experts")
            try checkArray(experts.biases, count: experts.count * outputChannels, "expert biases")
            try checkArray(experts.scale, count: outputChannels, "scale")
            try checkArray(experts.shift, count: outputChannels, "shift")
            try experts.checkScaled(perOutput: weightsPerOutput)
            try experts.routing.check(inputChannels: inputChannels, experts: experts.count)
        }
    }
}

extension Experts {
    /// That no number grows out of float32 when it is scaled.
    fileprivate func checkScaled(perOutput: Int) throws(Misfit) {
        for (numbers, row) in [(kernels, perOutput), (biases, 1)] {
            for start in stride(from: 0, to: numbers.count, by: row) {
                let scale = scale[start / row % scale.count]
                guard (start..<start + row).allSatisfy({ (numbers[$0] * scale).isFinite }) else {
                    throw Misfit("experts times their scale are not finite")
                }
            }
        }
    }
}

extension Routing {
    fileprivate func check(inputChannels: Int, experts: Int) throws(Misfit) {
        switch self {
        case .sigmoid(let weight, let bias):
            try checkArray(weight, count: experts * inputChannels, "routing weight")
            try checkArray(bias, count: experts, "routing bias")
        case .softmax(let hiddenWeight, let hiddenBias, _, let weight, let bias):
            let hidden = hiddenBias.count
            try Inference.check(hidden, in: 1...GraphLimits.hiddenMax, "hidden routing width")
            try checkArray(hiddenBias, count: hidden, "hidden routing bias")
            try checkArray(hiddenWeight, count: hidden * inputChannels, "hidden routing weight")
            try checkArray(weight, count: experts * hidden, "routing weight")
            try checkArray(bias, count: experts, "routing bias")
        }
    }
}

private func checkArray(_ numbers: [Float], count: Int, _ name: String) throws(Misfit) {
    guard numbers.count == count else {
        throw Misfit("\(name) has \(numbers.count) numbers, not \(count)")
    }
    guard numbers.allSatisfy(\.isFinite) else { throw Misfit("\(name) is not finite") }
}
