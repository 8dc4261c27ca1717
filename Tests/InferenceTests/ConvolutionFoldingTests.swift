import Testing

@testable import Inference

struct ConvolutionFoldingTests {
    /// y = γ·(x − μ)/√(σ²+ε) + β on a map's channels.
    private static func normalised(
        _ map: Reference.FeatureMap,
        _ norm: (gamma: [Float], beta: [Float], mean: [Float], variance: [Float])
    ) -> [Double] {
        let plane = map.height * map.width
        return map.elements.indices.map { i in
            let c = i / plane
            let scale = Double(norm.gamma[c]) / (Double(norm.variance[c]) + 1e-3).squareRoot()
            return (map.elements[i] - Double(norm.mean[c])) * scale + Double(norm.beta[c])
        }
    }

    @Test(arguments: [
        Convolution.make(3, 5, activation: .identity), .makeMixed(3, 5, activation: .identity),
        .makeMixed(3, 5, experts: 2, hidden: 4, activation: .identity),
        .make(3, 3, groups: 3, activation: .identity),
    ])
    func `a folded convolution is the convolution and BatchNorm behind it`(
        convolution: Convolution
    ) throws {
        var noise = SeededNoise(seed: 5)
        let count = convolution.outputChannels
        let norm = (
            gamma: noise.floats(count), beta: noise.floats(count), mean: noise.floats(count),
            variance: noise.floats(count).map { $0 * $0 + 0.1 }
        )
        let folded = convolution.folding(
            gamma: norm.gamma, beta: norm.beta, mean: norm.mean, variance: norm.variance,
            epsilon: 1e-3)
        let picture = Reference.FeatureMap.make(
            noise.floats(3 * 4 * 5), channels: 3, height: 4, width: 5)
        let expected = Self.normalised(
            Reference.apply(.convolution(convolution), to: [picture])[0], norm)
        let found = Reference.apply(.convolution(folded), to: [picture])[0]
        // The folded numbers were rounded to float32.
        #expect(NetworkTests.distance(found.elements.map(Float.init), expected) < 1e-6)
    }

    @Test(arguments: [0, 4, 6])
    func `arrays of the wrong size give what a graph refuses`(count: Int) {
        let ones = [Float](repeating: 1, count: count)
        for convolution in [Convolution.make(3, 5), .makeMixed(3, 5)] {
            let folded = convolution.folding(
                gamma: ones, beta: ones, mean: ones, variance: ones, epsilon: 1e-3)
            var graph = Graph()
            #expect(throws: GraphError.self) { try graph.add(.convolution(folded), graph.input) }
        }
    }

    @Test(arguments: [Float(-1), -1e-3, .nan, .infinity * 0])
    func `a variance that gives no finite scale gives what a graph refuses`(variance: Float) {
        let ones = [Float](repeating: 1, count: 5)
        let folded = Convolution.make(3, 5).folding(
            gamma: ones, beta: ones, mean: ones,
            variance: [Float](repeating: variance, count: 5), epsilon: Double(Float(1e-3)))
        var graph = Graph()
        #expect(throws: GraphError.self) { try graph.add(.convolution(folded), graph.input) }
    }

    @Test func `what would pass float32 once scaled is what a graph refuses`() throws {
        let ones = [Float](repeating: 1, count: 5)
        for convolution in [Convolution.make(3, 5), .makeMixed(3, 5)] {
            let folded = convolution.folding(
                gamma: [1, 1, 1, 1, .greatestFiniteMagnitude], beta: ones, mean: ones,
                variance: [Float](repeating: 1e-3, count: 5), epsilon: 1e-3)
            var graph = Graph()
            #expect(throws: GraphError.self) { try graph.add(.convolution(folded), graph.input) }
        }
    }

    @Test(arguments: [-1, 0, Int.max])
    func `counts that cannot be do not trap the folding`(count: Int) {
        var convolution = Convolution.makeMixed(3, 5)
        guard case .mixed(var experts) = convolution.weights else { return }
        experts.count = count
        convolution.weights = .mixed(experts)
        let ones = [Float](repeating: 1, count: 5)
        let folded = convolution.folding(
            gamma: ones, beta: ones, mean: ones, variance: ones, epsilon: 1e-3)
        var graph = Graph()
        #expect(throws: GraphError.self) { try graph.add(.convolution(folded), graph.input) }
    }
}
