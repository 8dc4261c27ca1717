import Testing

@testable import Inference

struct ReferenceDynamicConvTests {
    @Test(arguments: DynamicConvGolden.names)
    func `a dynamic convolution is what PyTorch and timm make of it`(name: String) throws {
        let golden = try DynamicConvGolden(name)
        #expect(golden.inputs.count == golden.outputs.count)
        for (input, output) in zip(golden.inputs, golden.outputs) {
            // Both are float64 over the same float32 numbers.
            #expect(Reference.apply(golden.layer, to: input).distance(to: output) < 1e-12)
        }
    }

    @Test func `pictures of one batch get kernels of their own`() throws {
        let golden = try DynamicConvGolden("pointwise")
        guard case .mixed(let experts) = golden.layer.weights else { return }
        let alphas = golden.inputs.map { Reference.route(experts.routing, Reference.means($0)) }
        #expect(alphas.count == 2)
        #expect(alphas.first != alphas.last)
    }

    @Test func `the shift is added whatever the routing says`() {
        let experts = Experts(
            count: 2, kernels: [1, 3], biases: [10, 20], scale: [2], shift: [0.5],
            routing: .sigmoid(weight: [0, 0], bias: [0, 0]))
        let (kernel, bias) = Reference.mix(experts, [0.25, 0.5])
        #expect(kernel == [3.5])
        #expect(bias == [25.5])
    }
}
