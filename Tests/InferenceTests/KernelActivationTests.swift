import Testing

@testable import Inference

struct KernelActivationTests {
    /// The activation of these numbers, by way of a 1×1 convolution that changes nothing.
    private func apply(_ activation: Activation, to numbers: [Float], _ isa: ISA) -> [Float] {
        let layer = Convolution(
            inputChannels: 1, outputChannels: 1, kernel: .init(1, 1),
            weights: .constant(kernel: [1], bias: [0]), activation: activation)
        let map = Reference.FeatureMap(
            channels: 1, height: 1, width: numbers.count, elements: numbers.map(Double.init))
        return KernelConvolution(layer, isa, map).run().map(channels: 1).elements.map { Float($0) }
    }

    private static let sweep = (-4000...4000).map { Float($0) * 0.02171 }  // -86.8 ... 86.8

    @Test(arguments: ISA.available, Activation.allCases)
    func `activations are exact to some rounding`(isa: ISA, activation: Activation) {
        for (x, y) in zip(Self.sweep, apply(activation, to: Self.sweep, isa)) {
            let exact = Reference.apply(activation, to: Double(x))
            // Polynomial and roundings 4e-7; e^-x errs by that of -x·log2 e, 7e-8 of x unfused.
            #expect(abs(Double(y) - exact) <= (4e-7 + 7e-8 * abs(Double(x))) * abs(exact), "\(x)")
        }
    }

    @Test(arguments: ISA.available)
    func `activations hold at the ends of the scale`(isa: ISA) {
        let ends: [Float] = [
            -.infinity, -.greatestFiniteMagnitude, -1e10, -104, -88.8, 0, 89, 1e10,
            .greatestFiniteMagnitude, .infinity,
        ]
        // Where a factor is 0 and the other ∞ the formulas have no value; the kernel's is finite.
        let silu = apply(.silu, to: ends, isa)
        #expect(silu.prefix(5).allSatisfy { $0 <= 0 && $0 > -1e-36 }, "\(silu)")
        #expect(Array(silu[5...]) == Array(ends[5...]))
        let relu = apply(.relu, to: ends, isa)
        #expect(relu.prefix(5).allSatisfy { $0 == 0 })
        #expect(Array(relu[5...]) == Array(ends[5...]))
        let hardswish = apply(.hardswish, to: ends, isa)
        #expect(hardswish[1..<6].allSatisfy { $0 == 0 })
        #expect(zip(hardswish[6...], ends[6...]).allSatisfy { abs($0 / $1 - 1) < 1e-6 || $0 == $1 })
    }

    @Test(arguments: ISA.available, Activation.allCases)
    func `what is not a number stays visible`(isa: ISA, activation: Activation) {
        #expect(apply(activation, to: [.nan], isa)[0].isNaN)
    }
}
