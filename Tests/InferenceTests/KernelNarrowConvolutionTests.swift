import CKernels
import Testing

@testable import Inference

/// bfloat16's and the bytes' convolutions.
///
/// A CPU that lacks the instructions has no case to try.
struct KernelNarrowConvolutionTests {
    /// What a layer makes of noise, and what its twin makes of the same numbers.
    private struct Trial {
        let kernel: NarrowConvolution
        let expected: Reference.FeatureMap
    }

    private func trial(
        _ one: ConvolutionCase, _ format: Format, to output: Format = .float, exact: Bool = false,
        roundsWeights: Bool = true
    ) -> Trial {
        var noise = KernelNoise(seed: 2)
        var map = noise.map(one.inputs, one.side.0, one.side.1)
        var layer = one.layer
        if exact { (layer, map) = Self.whole(layer, map) }
        map = map.rounded(to: format)
        var kernel = NarrowConvolution(layer, map, in: format, to: output, lanes: one.lanes)
        var expected = Reference.apply(exact || !roundsWeights ? layer : kernel.twin, to: map)
        if one.hasResidual {
            var added = noise.map(expected.channels, expected.height, expected.width)
            if exact { (_, added) = Self.whole(layer, added) }
            added = added.rounded(to: format)
            expected = Reference.add(expected, added)
            kernel = NarrowConvolution(
                layer, map, in: format, to: output, lanes: one.lanes, haloMore: one.haloMore,
                residual: (added, format))
        }
        return Trial(kernel: kernel, expected: expected)
    }

    /// The layer and map in whole numbers, so small that bfloat16 rounds nothing.
    ///
    /// Not even in Winograd's transforms: pixels are of −3 to 3, weights in fours.
    private static func whole(
        _ layer: Convolution, _ map: Reference.FeatureMap
    ) -> (Convolution, Reference.FeatureMap) {
        var (layer, map) = (layer, map)
        for i in map.elements.indices { map.elements[i] = (map.elements[i] * 3).rounded() }
        if case .constant(let kernel, let bias) = layer.weights {
            layer.weights = .constant(
                kernel: kernel.map { ($0 * 20).rounded() * 4 },
                bias: bias.map { ($0 * 9).rounded() })
        }
        return (layer, map)
    }

    /// Of the largest element: float sums, and the quick SiLU where there is one.
    private func tolerance(_ one: ConvolutionCase) -> Double {
        one.activation == .silu ? 2e-4 : 1e-5
    }

    @Test(arguments: ConvolutionCase.dense, Format.narrow)
    func `a convolution agrees with its twin`(_ one: ConvolutionCase, _ format: Format) {
        let trial = trial(one, format)
        let made = trial.kernel.run().map(channels: one.outputs)
        #expect(made.distance(to: trial.expected) < tolerance(one))
    }

    @Test(arguments: ConvolutionCase.dense, Format.narrow)
    func `what is stored is the sum rounded once`(_ one: ConvolutionCase, _ format: Format) {
        let sums = trial(one, format).kernel.run().map(channels: one.outputs)
        let stored = trial(one, format, to: format).kernel.run().map(channels: one.outputs)
        #expect(stored == sums.rounded(to: format))
    }

    @Test(arguments: ConvolutionCase.depthwise, Format.narrow)
    func `a depthwise convolution agrees with its twin`(_ one: ConvolutionCase, _ format: Format) {
        let trial = trial(one, format, roundsWeights: false)
        let made = trial.kernel.runDepthwise().map(channels: one.outputs)
        #expect(made.distance(to: trial.expected) < tolerance(one))
    }

    static let winograd: [ConvolutionCase] = [
        ConvolutionCase(side: (1, 1)), ConvolutionCase(inputs: 33, outputs: 17, side: (2, 3)),
        ConvolutionCase(inputs: 7, outputs: 48, side: (7, 13), activation: .relu),
        ConvolutionCase(inputs: 16, outputs: 80, side: (13, 40), hasResidual: true),
        ConvolutionCase(inputs: 48, outputs: 5, side: (4, 17), haloMore: 1, hasResidual: true),
    ]

    @Test(
        .enabled(if: Format.Element.bfloat16.isAvailable), arguments: winograd, [2, 4, Int.max])
    func `Winograd's way makes the same whole numbers`(_ one: ConvolutionCase, _ rows: Int) {
        let trial = trial(one, .bfloat16, exact: true)
        let made = trial.kernel.runWinograd(rowsOfCall: rows).map(channels: one.outputs)
        #expect(made == trial.expected)
    }

    @Test(.enabled(if: Format.Element.bfloat16.isAvailable), arguments: winograd)
    func `Winograd's way is near the twin`(_ one: ConvolutionCase) {
        // Each transformed number is rounded to 2^-9; sums of noise come to 4e-3 of the largest.
        let trial = trial(one, .bfloat16)
        let made = trial.kernel.runWinograd().map(channels: one.outputs)
        #expect(made.distance(to: trial.expected) < 1e-2)
    }

    @Test(arguments: Format.narrow)
    func `every width of a row is right`(_ format: Format) {
        for width in 1...31 {
            let one = ConvolutionCase(inputs: 5, outputs: 37, kernel: (1, 3), side: (1, width))
            let trial = trial(one, format)
            let made = trial.kernel.run().map(channels: 37)
            #expect(made.distance(to: trial.expected) < 1e-5, "width \(width)")
        }
    }

    @Test(arguments: Format.narrow)
    func `a row's bits do not depend on the rows it is computed with`(_ format: Format) {
        let one = ConvolutionCase(inputs: 19, outputs: 37, side: (13, 17), activation: .silu)
        let kernel = trial(one, format, to: format).kernel
        #expect(kernel.run(rowsOfCall: 1).bytes == kernel.run().bytes)
        #expect(kernel.run(rowsOfCall: 5).bytes == kernel.run().bytes)
        guard format.element == .bfloat16 else { return }
        #expect(kernel.runWinograd(rowsOfCall: 2).bytes == kernel.runWinograd().bytes)
    }

    @Test(arguments: Format.narrow)
    func `a call writes its rows of its group and nothing else`(_ format: Format) {
        let kernel = trial(ConvolutionCase(outputs: 70), format, to: format).kernel
        for group in 0..<kernel.groups {
            var output = kernel.makeOutput()
            kernel.run(group, 2..<5, into: &output)
            #expect(!output.isUntouched(outside: 0..<0, 0..<0))
            #expect(output.isUntouched(outside: kernel.blocks(of: group), 2..<5))
        }
    }

    @Test(arguments: Format.narrow)
    func `numbers beyond a byte's range become its ends`(_ format: Format) {
        var noise = KernelNoise(seed: 8)
        let map = noise.map(16, 3, 3).rounded(to: format)
        let narrow = Format(element: .byte, scale: 1e-3, zero: 100)
        guard format.element == .byte else { return }
        let layer = KernelConvolution.makeLayer(16, 16)
        let made = NarrowConvolution(layer, map, in: format, to: narrow).run()
        let sums = NarrowConvolution(layer, map, in: format, to: .float).run()
        #expect(made.map(channels: 16) == sums.map(channels: 16).rounded(to: narrow))
        let ends = [-100, 155].map { $0 * Double(narrow.scale) }
        #expect(Set(made.map(channels: 16).elements).isSuperset(of: ends))
    }

    /// Scales or weights too large make infinite sums; these once became a byte of 0, whatever their sign.
    @Test(arguments: Format.narrow, [1, 3, 4, 7, 13])
    func `SiLU of an infinite sum is infinite or zero`(_ format: Format, width: Int) {
        var layer = KernelConvolution.makeLayer(17, 3, activation: .silu)
        guard case .constant(let kernel, _) = layer.weights else { return }
        layer.weights = .constant(kernel: kernel, bias: [.infinity, -.infinity, .nan])
        var noise = KernelNoise(seed: 9)
        let map = noise.map(17, 3, width).rounded(to: format)
        func made(in output: Format) -> [[Double]] {
            let elements = NarrowConvolution(layer, map, in: format, to: output).run()
                .map(channels: 3).elements
            return (0..<3).map { Array(elements[$0 * 3 * width..<($0 + 1) * 3 * width]) }
        }
        let wide = made(in: .float)
        #expect(Set(wide[0]) == [.infinity])
        let zeros = wide[1].map(abs)
        #expect((zeros.max() ?? .nan) < 1e-30)
        let numbers = wide[2].filter { !$0.isNaN }
        #expect(numbers.isEmpty)
        guard format.element == .byte else { return }
        let narrow = made(in: Format(element: .byte, scale: 0.5, zero: 20))
        #expect(Set(narrow[0]) == [117.5])
        #expect(Set(narrow[1]) == [0])
    }
}
