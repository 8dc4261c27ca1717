extension Reference {
    /// A convolution with all that is fused in it: its kernel mixed first where it is dynamic, the
    /// activation behind it.
    package static func apply(_ layer: Convolution, to map: FeatureMap) -> FeatureMap {
        switch layer.weights {
        case .constant(let kernel, let bias):
            return apply(
                layer.activation,
                to: convolve(
                    map, layer, kernel: kernel.map(Double.init), bias: bias.map(Double.init)))
        case .mixed(let experts):
            let (kernel, bias) = mix(experts, route(experts.routing, means(map)))
            return apply(layer.activation, to: convolve(map, layer, kernel: kernel, bias: bias))
        }
    }

    /// The sum itself, with the geometry of `layer`; outside the picture lie zeros.
    ///
    ///     y[o, i, j] = b[o] + Σ_{c, k, l} w[o, c, k, l] · x[g·C_in/G + c, s·i + d·k − p, s·j + d·l − p]
    ///
    /// - kernel: (C_out, C_in/groups, k_h, k_w); bias: (C_out).
    package static func convolve(
        _ map: FeatureMap, _ layer: Convolution, kernel: [Double], bias: [Double]
    ) -> FeatureMap {
        let (size, stride) = (layer.kernel, layer.stride)
        let (padding, dilation) = (layer.padding, layer.dilation)
        let inputs = layer.inputChannels / layer.groups
        let outputs = layer.outputChannels / layer.groups
        precondition(map.channels == layer.inputChannels)
        precondition(kernel.count == layer.outputChannels * inputs * size.height * size.width)
        precondition(bias.count == layer.outputChannels)
        return FeatureMap(
            channels: layer.outputChannels,
            height: (map.height + 2 * padding.height - dilation.height * (size.height - 1) - 1)
                / stride.height + 1,
            width: (map.width + 2 * padding.width - dilation.width * (size.width - 1) - 1)
                / stride.width + 1
        ) { o, y, x in
            var sum = bias[o]
            for c in 0..<inputs {
                for k in 0..<size.height {
                    let i = y * stride.height + k * dilation.height - padding.height
                    guard i >= 0, i < map.height else { continue }
                    for l in 0..<size.width {
                        let j = x * stride.width + l * dilation.width - padding.width
                        guard j >= 0, j < map.width else { continue }
                        sum +=
                            kernel[((o * inputs + c) * size.height + k) * size.width + l]
                            * map[o / outputs * inputs + c, i, j]
                    }
                }
            }
            return sum
        }
    }

    /// α of a picture from its channels' means: equation 4 of ParameterNet.
    package static func route(_ routing: Routing, _ means: [Double]) -> [Double] {
        switch routing {
        case .sigmoid(let weight, let bias):
            linear(means, weight, bias).map(sigmoid)
        case .softmax(let hiddenWeight, let hiddenBias, let activation, let weight, let bias):
            softmax(
                linear(
                    linear(means, hiddenWeight, hiddenBias).map { apply(activation, to: $0) },
                    weight, bias))
        }
    }

    /// W' = s ⊙ Σ α_i W_i and b' = s ⊙ Σ α_i b_i + shift: equation 3 of ParameterNet, and the BatchNorm
    /// behind it.
    package static func mix(
        _ experts: Experts, _ alpha: [Double]
    ) -> (kernel: [Double], bias: [Double]) {
        precondition(alpha.count == experts.count)
        func mixed(_ rows: [Float]) -> [Double] {
            let length = rows.count / experts.count
            let row = length / experts.scale.count
            return (0..<length).map { i in
                let sum = (0..<experts.count).reduce(0) {
                    $0 + alpha[$1] * Double(rows[$1 * length + i])
                }
                return sum * Double(experts.scale[i / row])
            }
        }
        let bias = zip(mixed(experts.biases), experts.shift).map { $0 + Double($1) }
        return (mixed(experts.kernels), bias)
    }

    /// W·x + b; weight (outputs, inputs), row after row.
    static func linear(_ x: [Double], _ weight: [Float], _ bias: [Float]) -> [Double] {
        precondition(weight.count == bias.count * x.count)
        return bias.indices.map { row in
            x.indices.reduce(Double(bias[row])) {
                $0 + Double(weight[row * x.count + $1]) * x[$1]
            }
        }
    }
}
