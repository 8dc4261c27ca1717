import CKernels
import Glibc

/// The rule that mixes experts, with its matrices transposed: a product with a vector is then a
/// mixture of their rows, and runs on the kernel that mixes.
struct PackedRouting: Sendable {
    let experts: Int
    /// Width of the hidden layer; nil for a single Linear.
    let hidden: Layer?
    let last: Layer
    let isSoftmax: Bool
    let hiddenActivation: Activation
    /// What the mixed kernel and bias are multiplied with, and what is then added to the bias: (output
    /// lanes) each.
    let scale: Weights
    let shift: Weights
    /// Channels that are means, by input block; the lanes behind them are no channels.
    let used: [UInt8]

    /// y = W·x + b, as (inputs, outputs) and (outputs).
    struct Layer: Sendable {
        let inputs: Int
        let outputs: Int
        let weight: Weights
        let bias: Weights

        /// - slots: the place of each column of `weight` (outputs, columns) in x.
        init(_ weight: [Float], _ bias: [Float], slots: [Int], inputs: Int) throws(OutOfMemory) {
            let outputs = bias.count
            self.inputs = inputs
            self.outputs = outputs
            self.weight = try Weights(count: inputs * outputs) { floats in
                for output in 0..<outputs {
                    for (column, slot) in slots.enumerated() {
                        floats[slot * outputs + output] = weight[output * slots.count + column]
                    }
                }
            }
            self.bias = try Weights(count: outputs) { floats in
                for output in 0..<outputs { floats[output] = bias[output] }
            }
        }

        func apply(_ x: Span<Float>, to y: inout MutableSpan<Float>, on kernels: Kernels) {
            kernels.mix(
                experts: inputs, count: outputs, from: 0, alpha: x, kernels: weight.all, to: &y)
            for output in 0..<outputs { y[output] += bias.all[output] }
        }
    }

    init(_ mixed: Experts, from input: ChannelLayout, to output: ChannelLayout) throws(OutOfMemory)
    {
        experts = mixed.count
        used = input.used
        let lanes = input.blocks * input.lanes
        switch mixed.routing {
        case .sigmoid(let weight, let bias):
            isSoftmax = false
            hidden = nil
            hiddenActivation = .identity
            last = try Layer(weight, bias, slots: input.laneOfChannel, inputs: lanes)
        case .softmax(let hiddenWeight, let hiddenBias, let activation, let weight, let bias):
            isSoftmax = true
            hiddenActivation = activation
            let width = hiddenBias.count
            hidden = try Layer(hiddenWeight, hiddenBias, slots: input.laneOfChannel, inputs: lanes)
            last = try Layer(weight, bias, slots: Array(0..<width), inputs: width)
        }
        let slots = output.laneOfChannel
        func laned(_ numbers: [Float]) throws(OutOfMemory) -> Weights {
            try Weights(count: output.blocks * ChannelLayout.blockChannels) { floats in
                for (channel, lane) in slots.enumerated() { floats[lane] = numbers[channel] }
            }
        }
        scale = try laned(mixed.scale)
        shift = try laned(mixed.shift)
    }

    /// Numbers of the weights, which an odd layout can make 16 times as many as the file has.
    static func count(of mixed: Experts, from input: ChannelLayout) -> Int {
        let lanes = input.blocks * input.lanes
        switch mixed.routing {
        case .sigmoid: return lanes * mixed.count
        case .softmax(_, let hiddenBias, _, _, _): return hiddenBias.count * (lanes + mixed.count)
        }
    }

    /// Turns scores into α: sigmoid of each, or softmax of all.
    func finish(_ scores: inout MutableSpan<Float>) {
        guard isSoftmax else {
            for i in 0..<experts { scores[i] = Float(1 / (1 + exp(-Double(scores[i])))) }
            return
        }
        var largest = -Double.infinity
        for i in 0..<experts { largest = max(largest, Double(scores[i])) }
        var sum = 0.0
        for i in 0..<experts { sum += exp(Double(scores[i]) - largest) }
        for i in 0..<experts { scores[i] = Float(exp(Double(scores[i]) - largest) / sum) }
    }
}

extension Activation {
    /// The function itself, for the few numbers that no kernel serves.
    func callAsFunction(_ x: Double) -> Double {
        switch self {
        case .identity: x
        case .silu: x / (1 + exp(-x))
        case .relu: max(x, 0)
        case .hardswish: x * min(max(x + 3, 0), 6) / 6
        }
    }

    var code: dd_activation {
        switch self {
        case .identity: DD_IDENTITY
        case .silu: DD_SILU
        case .relu: DD_RELU
        case .hardswish: DD_HARDSWISH
        }
    }
}
