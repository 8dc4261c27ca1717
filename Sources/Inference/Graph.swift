/// A network's arithmetic: steps in the order they run, each making new values out of earlier ones.
///
/// A value is an activation of (C, H, W) a picture; H and W are known only when a plan is made.
package struct Graph: Sendable {
    /// The name of an activation.
    package struct Value: Hashable, Sendable {
        package let id: Int
    }

    /// One operation and what it is applied to.
    package struct Step: Sendable {
        /// Where it comes from in the file, such as `model.2.m.0.cv1`: errors and tables say it.
        package let name: String
        package let operation: Operation
        package let inputs: [Value]
        package let outputs: [Value]
    }

    package let input: Value
    package private(set) var steps: [Step] = []
    package private(set) var channels: [Int]  // by Value.id
    package private(set) var outputs: [Value] = []

    /// An empty network for pictures of so many channels.
    package init(inputChannels: Int = 3) {
        input = Value(id: 0)
        channels = [inputChannels]
    }

    /// Channels of a value.
    package func channels(of value: Value) -> Int { channels[value.id] }

    /// Appends a step and names what it makes.
    ///
    /// - Throws: when the channel counts do not fit, with the step's name.
    package mutating func append(
        _ operation: Operation, to inputs: [Value], named name: String
    ) throws(GraphError) -> [Value] { fatalError("stub") }

    /// Marks what the caller wants to read after a pass.
    package mutating func setOutputs(_ values: [Value]) { outputs = values }
}

/// What a step does.
package enum Operation: Sendable {
    /// One input (C_in, H, W) → (C_out, H', W').
    case convolution(Convolution)
    /// Two equal shapes → their sum.
    case add
    /// Window maximum; cells outside the picture do not count.
    case maxPool(kernel: Int, stride: Int, padding: Int)
    /// Nearest neighbour, H and W times `factor`.
    case upsample(factor: Int)
    /// Channels one after another.
    case concat
    /// The reverse of concat: so many channels to each output.
    case split([Int])
}

/// What follows a convolution, element by element.
package enum Activation: String, Sendable, CaseIterable {
    case identity
    case silu  // x·σ(x)
    case relu
    case hardswish  // x·relu6(x+3)/6
}

/// A convolution, constant or dynamic, with what is fused behind it.
package struct Convolution: Sendable {
    package var inputChannels: Int
    package var outputChannels: Int
    package var kernel: Extent
    package var stride: Extent
    package var padding: Extent
    package var dilation: Extent
    package var groups: Int
    package var weights: Weights
    package var activation: Activation

    /// Height and width of a window, step or border.
    package struct Extent: Sendable, Hashable {
        package var height: Int
        package var width: Int
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

/// M kernels and the rule that mixes them: W' = Σ α_i W_i, b' = Σ α_i b_i + shift.
package struct Experts: Sendable {
    package var count: Int  // M
    package var kernels: [Float]  // (M, C_out·C_in/groups·k_h·k_w)
    package var biases: [Float]  // (M, C_out)
    /// What is added whatever α is: BatchNorm's shift once folded. (C_out)
    package var shift: [Float]
    package var routing: Routing
    package init(count: Int, kernels: [Float], biases: [Float], shift: [Float], routing: Routing) {
        self.count = count
        self.kernels = kernels
        self.biases = biases
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
    /// The convolution with a BatchNorm behind it folded into every kernel (in float64):
    /// W·γ/√(σ²+ε), (b − μ)·γ/√(σ²+ε) + β.
    package func folding(
        gamma: [Float], beta: [Float], mean: [Float], variance: [Float], epsilon: Double
    ) -> Convolution { fatalError("stub") }
}

/// Why a network cannot be built or run; each names the step.
package enum GraphError: Error, Equatable {
    case invalid(step: String, reason: String)
    /// The picture's height and width do not fit, or are beyond what a plan may hold.
    case shape(reason: String)
}
