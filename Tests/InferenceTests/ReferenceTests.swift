import Testing

@testable import Inference

/// The twins against numbers worked out by hand.
struct ReferenceTests {
    typealias FeatureMap = Reference.FeatureMap

    private func square(_ elements: [Double]) -> FeatureMap {
        FeatureMap(channels: 1, height: 3, width: 3, elements: elements)
    }

    @Test func `a window's border reads zeros`() {
        let layer = Convolution(
            inputChannels: 1, outputChannels: 1, kernel: .init(3, 3), padding: .init(1, 1),
            weights: .constant(kernel: Array(repeating: 1, count: 9), bias: [0.5]))
        let map = Reference.apply(layer, to: square([1, 2, 3, 4, 5, 6, 7, 8, 9]))
        #expect(map.elements == [12.5, 21.5, 16.5, 27.5, 45.5, 33.5, 24.5, 39.5, 28.5])
    }

    @Test func `stride, dilation and a kernel that is no square`() {
        let layer = Convolution(
            inputChannels: 1, outputChannels: 1, kernel: .init(1, 2), stride: .init(2, 1),
            dilation: .init(1, 2), weights: .constant(kernel: [1, 10], bias: [0]))
        let map = Reference.apply(layer, to: square([1, 2, 3, 4, 5, 6, 7, 8, 9]))
        #expect((map.height, map.width) == (2, 1))
        #expect(map.elements == [31, 97])
    }

    @Test func `groups see their own channels`() {
        let layer = Convolution(
            inputChannels: 4, outputChannels: 2, kernel: .init(1, 1), groups: 2,
            weights: .constant(kernel: [1, 10, 100, 1000], bias: [0, 0]))
        let input = FeatureMap(channels: 4, height: 1, width: 1, elements: [1, 2, 3, 4])
        #expect(Reference.apply(layer, to: input).elements == [21, 4300])
    }

    @Test(arguments: [
        (Activation.identity, -2.0, -2.0), (.relu, -2, 0), (.relu, 2, 2), (.silu, 0, 0),
        (.silu, 1, 0.7310585786300049), (.hardswish, -3, 0), (.hardswish, 1, 2.0 / 3),
        (.hardswish, 4, 4),
    ])
    func `activations are their formulas`(activation: Activation, x: Double, y: Double) {
        #expect(abs(Reference.apply(activation, to: x) - y) < 1e-15)
    }

    @Test func `cells outside the picture are no candidates of a maximum`() {
        let map = square([-1, -2, -3, -4, -5, -6, -7, -8, -9])
        let pooled = Reference.maxPool(map, kernel: 2, stride: 2, padding: 1)
        #expect((pooled.height, pooled.width) == (2, 2))
        #expect(pooled.elements == [-1, -2, -4, -5])
    }

    @Test func `upsampling repeats cells`() {
        let map = FeatureMap(channels: 2, height: 1, width: 2, elements: [1, 2, 3, 4])
        let wide = Reference.upsample(map, factor: 2)
        #expect(wide.elements == [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4])
    }

    @Test func `split undoes concat`() {
        let a = FeatureMap(channels: 1, height: 1, width: 2, elements: [1, 2])
        let b = FeatureMap(channels: 2, height: 1, width: 2, elements: [3, 4, 5, 6])
        #expect(Reference.concat([a, b]).elements == [1, 2, 3, 4, 5, 6])
        #expect(Reference.split(Reference.concat([a, b]), [1, 2]) == [a, b])
        #expect(Reference.add(a, a).elements == [2, 4])
        #expect(Reference.means(b) == [3.5, 5.5])
    }

    @Test func `softmax adds up and does not overflow`() {
        #expect(Reference.softmax([0, 0]) == [0.5, 0.5])
        #expect(Reference.softmax([1000, 0]) == [1, 0])
    }

    @Test func `normalisation is BatchNorm's formula`() {
        let map = FeatureMap(channels: 1, height: 1, width: 2, elements: [3, 5])
        let normal = Reference.normalize(
            map, gamma: [2], beta: [1], mean: [4], variance: [3.75], epsilon: 0.25)
        #expect(normal.elements == [0, 2])
    }
}
