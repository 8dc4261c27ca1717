import Inference

extension Convolution {
    /// A convolution with seeded weights, of a size that keeps activations near one.
    static func make(
        _ inputs: Int, _ outputs: Int, kernel: Int = 3, stride: Int = 1, padding: Int? = nil,
        dilation: Int = 1, groups: Int = 1, activation: Activation = .silu, seed: UInt64 = 1
    ) -> Convolution {
        var noise = SeededNoise(seed: seed)
        let count = inputs / max(groups, 1) * kernel * kernel
        return Convolution(
            inputChannels: inputs, outputChannels: outputs, kernel: Extent(kernel, kernel),
            stride: Extent(stride, stride),
            padding: Extent(padding ?? kernel / 2, padding ?? kernel / 2),
            dilation: Extent(dilation, dilation), groups: groups,
            weights: .constant(
                kernel: noise.floats(outputs * count, scale: 2 / Float(count).squareRoot()),
                bias: noise.floats(outputs, scale: 0.5)), activation: activation)
    }

    /// The same with experts, whose kernels are numbers of binary16 if `inHalves`.
    static func makeMixed(
        _ inputs: Int, _ outputs: Int, kernel: Int = 3, stride: Int = 1, groups: Int = 1,
        experts: Int = 4, hidden: Int? = nil, activation: Activation = .silu,
        inHalves: Bool = false,
        seed: UInt64 = 1
    ) -> Convolution {
        var noise = SeededNoise(seed: seed)
        let count = inputs / groups * kernel * kernel
        let routing: Routing =
            if let hidden {
                .softmax(
                    hiddenWeight: noise.floats(hidden * inputs), hiddenBias: noise.floats(hidden),
                    activation: .relu, weight: noise.floats(experts * hidden),
                    bias: noise.floats(experts))
            } else {
                .sigmoid(weight: noise.floats(experts * inputs), bias: noise.floats(experts))
            }
        var made = make(
            inputs, outputs, kernel: kernel, stride: stride, groups: groups,
            activation: activation, seed: seed)
        let kernels = noise.floats(
            experts * outputs * count, scale: 2 / Float(count).squareRoot())
        made.weights = .mixed(
            Experts(
                count: experts,
                kernels: inHalves ? kernels.map { Float(Float16($0)) } : kernels,
                biases: noise.floats(experts * outputs, scale: 0.5),
                scale: noise.floats(outputs).map { 1 + $0 / 2 },
                shift: noise.floats(outputs, scale: 0.5), routing: routing))
        return made
    }
}

extension Graph {
    /// Appends a step of one output.
    mutating func add(
        _ operation: Operation, _ inputs: Value..., name: String = "step"
    ) throws -> Value {
        try append(operation, to: inputs, named: "\(name) \(steps.count)")[0]
    }
}
