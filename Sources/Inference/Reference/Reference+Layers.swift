import Glibc

extension Reference {
    /// The activation of one element.
    package static func apply(_ activation: Activation, to x: Double) -> Double {
        switch activation {
        case .identity: x
        case .silu: x * sigmoid(x)
        case .relu: max(x, 0)
        case .hardswish: x * min(max(x + 3, 0), 6) / 6
        }
    }

    /// The activation of every element.
    package static func apply(_ activation: Activation, to map: FeatureMap) -> FeatureMap {
        var result = map
        for i in result.elements.indices {
            result.elements[i] = apply(activation, to: map.elements[i])
        }
        return result
    }

    /// 1 / (1 + e^-x).
    package static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    /// e^x_i / Σ e^x_j.
    package static func softmax(_ x: [Double]) -> [Double] {
        let top = x.max() ?? 0  // so that nothing overflows
        let powers = x.map { exp($0 - top) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }

    /// The sum of two maps of one shape.
    package static func add(_ a: FeatureMap, _ b: FeatureMap) -> FeatureMap {
        precondition((a.channels, a.height, a.width) == (b.channels, b.height, b.width))
        var result = a
        for i in b.elements.indices { result.elements[i] += b.elements[i] }
        return result
    }

    /// The largest of each window; cells outside the picture do not count.
    package static func maxPool(
        _ map: FeatureMap, kernel: Int, stride: Int, padding: Int
    ) -> FeatureMap {
        FeatureMap(
            channels: map.channels,
            height: (map.height + 2 * padding - kernel) / stride + 1,
            width: (map.width + 2 * padding - kernel) / stride + 1
        ) { c, y, x in
            var most = -Double.infinity
            for i in y * stride - padding..<y * stride - padding + kernel {
                for j in x * stride - padding..<x * stride - padding + kernel
                where i >= 0 && i < map.height && j >= 0 && j < map.width {
                    most = max(most, map[c, i, j])
                }
            }
            return most
        }
    }

    /// Nearest neighbour: each cell becomes a square of `factor` × `factor`.
    package static func upsample(_ map: FeatureMap, factor: Int) -> FeatureMap {
        FeatureMap(
            channels: map.channels, height: map.height * factor, width: map.width * factor
        ) { c, y, x in map[c, y / factor, x / factor] }
    }

    /// Channels one after another.
    package static func concat(_ maps: [FeatureMap]) -> FeatureMap {
        precondition(!maps.isEmpty)
        return FeatureMap(
            channels: maps.reduce(0) { $0 + $1.channels }, height: maps[0].height,
            width: maps[0].width, elements: maps.flatMap(\.elements))
    }

    /// The reverse of ``concat(_:)``: so many channels to each.
    package static func split(_ map: FeatureMap, _ parts: [Int]) -> [FeatureMap] {
        precondition(parts.reduce(0, +) == map.channels)
        var first = 0
        return parts.map { channels in
            defer { first += channels }
            return FeatureMap(channels: channels, height: map.height, width: map.width) {
                map[first + $0, $1, $2]
            }
        }
    }

    /// The mean of each channel (GAP).
    package static func means(_ map: FeatureMap) -> [Double] {
        let pixels = map.height * map.width
        return (0..<map.channels).map { c in
            map.elements[c * pixels..<(c + 1) * pixels].reduce(0, +) / Double(pixels)
        }
    }

    /// BatchNorm as it is defined: γ·(x − μ)/√(σ² + ε) + β in each channel.
    ///
    /// What ``Convolution/folding(gamma:beta:mean:variance:epsilon:)`` must be equal to.
    package static func normalize(
        _ map: FeatureMap, gamma: [Float], beta: [Float], mean: [Float], variance: [Float],
        epsilon: Double
    ) -> FeatureMap {
        FeatureMap(channels: map.channels, height: map.height, width: map.width) { c, y, x in
            Double(gamma[c]) * (map[c, y, x] - Double(mean[c]))
                / (Double(variance[c]) + epsilon).squareRoot() + Double(beta[c])
        }
    }
}
