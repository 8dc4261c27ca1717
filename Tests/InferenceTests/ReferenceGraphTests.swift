import Testing

@testable import Inference

struct ReferenceGraphTests {
    @Test func `a graph is walked in the order of its steps`() throws {
        var graph = Graph(inputChannels: 1)
        let double = Convolution(
            inputChannels: 1, outputChannels: 2, kernel: .init(1, 1),
            weights: .constant(kernel: [2, -1], bias: [0, 0.5]))
        let pair = try graph.append(.convolution(double), to: [graph.input], named: "double")
        let parts = try graph.append(.split([1, 1]), to: pair, named: "split")
        let sum = try graph.append(.add, to: parts, named: "add")
        let wide = try graph.append(.upsample(factor: 2), to: sum, named: "upsample")
        let most = try graph.append(
            .maxPool(kernel: 2, stride: 2, padding: 0), to: wide, named: "pool")
        let all = try graph.append(.concat, to: pair + most, named: "concat")
        graph.setOutputs(all + sum)
        let input = Reference.FeatureMap(channels: 1, height: 1, width: 2, elements: [1, 3])
        let outputs = Reference.run(graph, input)
        #expect(outputs.map(\.channels) == [3, 1])
        #expect(outputs[0].elements == [2, 6, -0.5, -2.5, 1.5, 3.5])
        #expect(outputs[1].elements == [1.5, 3.5])
    }

    @Test func `a folded BatchNorm is the BatchNorm`() {
        var noise = KernelNoise(seed: 20)
        let map = noise.map(3, 5, 7)
        let (gamma, beta, mean) = (noise.next(4), noise.next(4), noise.next(4))
        let variance = noise.next(4).map { $0 * $0 + 0.1 }
        let plain = KernelConvolution.makeLayer(3, 4, kernel: .init(3, 3), padding: .init(1, 1))
        var mixed = plain
        mixed.weights = .mixed(
            Experts(
                count: 2, kernels: noise.next(2 * 4 * 27), biases: noise.next(8),
                scale: noise.next(4), shift: noise.next(4),
                routing: .sigmoid(weight: noise.next(6), bias: noise.next(2)))
        )
        for layer in [plain, mixed] {
            let expected = Reference.normalize(
                Reference.apply(layer, to: map), gamma: gamma, beta: beta, mean: mean,
                variance: variance, epsilon: 1e-3)
            let folded = layer.folding(
                gamma: gamma, beta: beta, mean: mean, variance: variance, epsilon: 1e-3)
            // The folded weights are rounded to float32.
            #expect(Reference.apply(folded, to: map).distance(to: expected) < 1e-6)
        }
    }
}
