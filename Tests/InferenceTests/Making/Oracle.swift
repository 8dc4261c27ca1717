import Glibc
import Inference

/// What a graph computes, step by step in float64, with no layout and no plan.
struct Oracle {
    /// (channels, height, width).
    struct Map {
        var channels: Int
        var height: Int
        var width: Int
        var values: [Double]

        init(channels: Int, height: Int, width: Int, values: [Double]? = nil) {
            self.channels = channels
            self.height = height
            self.width = width
            self.values = values ?? Array(repeating: 0, count: channels * height * width)
        }

        subscript(c: Int, y: Int, x: Int) -> Double {
            get { values[(c * height + y) * width + x] }
            set { values[(c * height + y) * width + x] = newValue }
        }
    }

    /// The maps of `graph.outputs`.
    static func run(_ graph: Graph, on picture: [Float], height: Int, width: Int) -> [Map] {
        var maps = [Graph.Value: Map]()
        maps[graph.input] = Map(
            channels: graph.channels(of: graph.input), height: height, width: width,
            values: picture.map(Double.init))
        for step in graph.steps {
            let inputs = step.inputs.compactMap { maps[$0] }
            for (value, map) in zip(step.outputs, apply(step.operation, to: inputs)) {
                maps[value] = map
            }
        }
        return graph.outputs.compactMap { maps[$0] }
    }

    private static func apply(_ operation: Operation, to inputs: [Map]) -> [Map] {
        let x = inputs[0]
        switch operation {
        case .convolution(let convolution): return [apply(convolution, to: x)]
        case .add:
            return [
                Map(
                    channels: x.channels, height: x.height, width: x.width,
                    values: zip(x.values, inputs[1].values).map(+))
            ]
        case .maxPool(let kernel, let stride, let padding):
            return [pool(x, kernel, stride, padding)]
        case .upsample(let factor):
            var out = Map(channels: x.channels, height: x.height * factor, width: x.width * factor)
            for c in 0..<out.channels {
                for y in 0..<out.height {
                    for i in 0..<out.width { out[c, y, i] = x[c, y / factor, i / factor] }
                }
            }
            return [out]
        case .concat:
            return [
                Map(
                    channels: inputs.reduce(0) { $0 + $1.channels }, height: x.height,
                    width: x.width, values: inputs.flatMap(\.values))
            ]
        case .split(let parts):
            var start = 0
            return parts.map { part in
                let plane = x.height * x.width
                defer { start += part }
                return Map(
                    channels: part, height: x.height, width: x.width,
                    values: Array(x.values[start * plane..<(start + part) * plane]))
            }
        }
    }

    private static func pool(_ x: Map, _ kernel: Int, _ stride: Int, _ padding: Int) -> Map {
        var out = Map(
            channels: x.channels, height: (x.height + 2 * padding - kernel) / stride + 1,
            width: (x.width + 2 * padding - kernel) / stride + 1)
        for c in 0..<out.channels {
            for y in 0..<out.height {
                for i in 0..<out.width {
                    var most = -Double.infinity
                    for row in max(
                        y * stride - padding, 0)..<min(
                            y * stride - padding + kernel, x.height)
                    {
                        for column in max(
                            i * stride - padding, 0)..<min(
                                i * stride - padding + kernel, x.width)
                        {
                            most = max(most, x[c, row, column])
                        }
                    }
                    out[c, y, i] = most
                }
            }
        }
        return out
    }

    private static func apply(_ conv: Convolution, to x: Map) -> Map {
        let (kernel, bias) = weights(of: conv, for: x)
        let width = conv.inputChannels / conv.groups
        func side(_ length: Int, _ k: Int, _ s: Int, _ p: Int, _ d: Int) -> Int {
            (length + 2 * p - d * (k - 1) - 1) / s + 1
        }
        var out = Map(
            channels: conv.outputChannels,
            height: side(
                x.height, conv.kernel.height, conv.stride.height, conv.padding.height,
                conv.dilation.height),
            width: side(
                x.width, conv.kernel.width, conv.stride.width, conv.padding.width,
                conv.dilation.width))
        for c in 0..<out.channels {
            let first = c / (conv.outputChannels / conv.groups) * width
            for y in 0..<out.height {
                for i in 0..<out.width {
                    var sum = bias[c]
                    for ky in 0..<conv.kernel.height {
                        let row =
                            y * conv.stride.height - conv.padding.height + ky * conv.dilation.height
                        guard 0 <= row, row < x.height else { continue }
                        for kx in 0..<conv.kernel.width {
                            let column =
                                i * conv.stride.width - conv.padding.width + kx
                                * conv.dilation.width
                            guard 0 <= column, column < x.width else { continue }
                            for k in 0..<width {
                                let weight =
                                    ((c * width + k) * conv.kernel.height + ky)
                                    * conv.kernel.width + kx
                                sum += x[first + k, row, column] * kernel[weight]
                            }
                        }
                    }
                    out[c, y, i] = activate(sum, conv.activation)
                }
            }
        }
        return out
    }

    /// The kernel and bias for this input.
    private static func weights(of conv: Convolution, for x: Map) -> ([Double], [Double]) {
        switch conv.weights {
        case .constant(let kernel, let bias):
            return (kernel.map(Double.init), bias.map(Double.init))
        case .mixed(let experts):
            let plane = x.height * x.width
            let means = (0..<x.channels).map { c in
                x.values[c * plane..<(c + 1) * plane].reduce(0, +) / Double(plane)
            }
            let alpha = mixture(experts.routing, of: means)
            func mix(_ numbers: [Float]) -> [Double] {
                let count = numbers.count / experts.count
                return (0..<count).map { i in
                    (0..<experts.count).reduce(0) {
                        $0 + alpha[$1] * Double(numbers[$1 * count + i])
                    }
                }
            }
            return (
                mix(experts.kernels),
                zip(mix(experts.biases), experts.shift).map { $0 + Double($1) }
            )
        }
    }

    private static func mixture(_ routing: Routing, of means: [Double]) -> [Double] {
        func linear(_ weight: [Float], _ bias: [Float], _ x: [Double]) -> [Double] {
            bias.indices.map { row in
                x.indices.reduce(Double(bias[row])) {
                    $0 + Double(weight[row * x.count + $1]) * x[$1]
                }
            }
        }
        switch routing {
        case .sigmoid(let weight, let bias):
            return linear(weight, bias, means).map { 1 / (1 + exp(-$0)) }
        case .softmax(let hiddenWeight, let hiddenBias, let activation, let weight, let bias):
            let hidden = linear(hiddenWeight, hiddenBias, means).map { activate($0, activation) }
            let powers = linear(weight, bias, hidden).map { exp($0) }
            let sum = powers.reduce(0, +)
            return powers.map { $0 / sum }
        }
    }

    private static func activate(_ x: Double, _ activation: Activation) -> Double {
        switch activation {
        case .identity: x
        case .silu: x / (1 + exp(-x))
        case .relu: max(x, 0)
        case .hardswish: x * min(max(x + 3, 0), 6) / 6
        }
    }
}
