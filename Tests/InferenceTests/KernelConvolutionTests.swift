import CKernels
import Testing

@testable import Inference

/// One convolution to try.
struct ConvolutionCase: CustomTestStringConvertible {
    var inputs = 16
    var outputs = 16
    var kernel = (3, 3)
    var stride = 1
    var dilation = 1
    var groups = 1
    var side = (7, 13)
    var activation = Activation.identity
    var lanes = 16
    var haloMore = 0
    var hasResidual = false

    var padding: Convolution.Extent {
        Convolution.Extent(kernel.0 / 2 * dilation, kernel.1 / 2 * dilation)
    }

    var layer: Convolution {
        KernelConvolution.makeLayer(
            inputs, outputs, kernel: Convolution.Extent(kernel.0, kernel.1), stride: stride,
            padding: padding, dilation: dilation, groups: groups, activation: activation)
    }

    var testDescription: String {
        "\(inputs)→\(outputs) k\(kernel) s\(stride) d\(dilation) g\(groups) \(side) \(activation) "
            + "lanes \(lanes) halo +\(haloMore)" + (hasResidual ? " residual" : "")
    }

    static let dense: [ConvolutionCase] = [
        ConvolutionCase(side: (1, 1)),
        ConvolutionCase(inputs: 3, outputs: 16, stride: 2, side: (13, 17), lanes: 4),
        ConvolutionCase(
            inputs: 3, outputs: 33, kernel: (7, 7), stride: 2, side: (17, 13), activation: .relu,
            lanes: 4),
        ConvolutionCase(inputs: 3, outputs: 5, kernel: (5, 5), stride: 1, side: (7, 7), lanes: 4),
        ConvolutionCase(inputs: 1, outputs: 1, kernel: (1, 1), side: (3, 1)),
        ConvolutionCase(inputs: 80, outputs: 48, kernel: (1, 1), side: (3, 17), activation: .silu),
        ConvolutionCase(inputs: 40, outputs: 80, side: (3, 17), activation: .silu, haloMore: 2),
        ConvolutionCase(inputs: 33, outputs: 31, stride: 2, side: (13, 13), hasResidual: true),
        ConvolutionCase(inputs: 7, outputs: 64, stride: 3, side: (13, 17), activation: .hardswish),
        ConvolutionCase(inputs: 17, outputs: 17, dilation: 2, side: (7, 13), activation: .silu),
        ConvolutionCase(inputs: 20, outputs: 18, kernel: (1, 3), side: (7, 17), haloMore: 1),
        ConvolutionCase(inputs: 20, outputs: 18, kernel: (3, 1), stride: 2, side: (7, 17)),
        ConvolutionCase(
            inputs: 48, outputs: 48, groups: 3, side: (7, 7), activation: .silu, hasResidual: true),
        ConvolutionCase(inputs: 12, outputs: 20, groups: 4, side: (7, 13), activation: .relu),
        ConvolutionCase(inputs: 64, outputs: 32, kernel: (1, 1), stride: 2, groups: 2),
        ConvolutionCase(inputs: 18, outputs: 18, kernel: (5, 5), groups: 18, side: (7, 7)),
        ConvolutionCase(
            inputs: 32, outputs: 32, side: (3, 31), activation: .hardswish, hasResidual: true),
    ]

    static let depthwise: [ConvolutionCase] = [1, 16, 40].flatMap { channels in
        [
            ConvolutionCase(kernel: (1, 1), side: (3, 1), activation: .silu),
            ConvolutionCase(kernel: (3, 3), side: (13, 17), activation: .silu, hasResidual: true),
            ConvolutionCase(kernel: (5, 5), stride: 2, side: (7, 13), activation: .hardswish),
            ConvolutionCase(kernel: (7, 7), stride: 3, side: (13, 7), activation: .relu),
            ConvolutionCase(kernel: (1, 3), dilation: 2, side: (3, 17), haloMore: 2),
        ].map {
            var copy = $0
            (copy.inputs, copy.outputs, copy.groups) = (channels, channels, channels)
            return copy
        }
    }
}

/// Float sums of up to 2000 products, against Double.
///
/// Their errors stay near 1e-6 of the largest output. A product left out or taken twice would show at 1e-2.
private let tolerance = 5e-6

struct KernelConvolutionTests {
    /// The kernel's answer and the twin's.
    private func distance(
        _ one: ConvolutionCase, _ isa: ISA, _ run: (KernelConvolution) -> KernelPlanes
    ) -> Double {
        var noise = KernelNoise(seed: 2)
        let map = noise.map(one.inputs, one.side.0, one.side.1)
        var expected = Reference.apply(one.layer, to: map)
        var residual: Reference.FeatureMap?
        if one.hasResidual {
            let added = noise.map(expected.channels, expected.height, expected.width)
            expected = Reference.add(expected, added)
            residual = added
        }
        let kernel = KernelConvolution(
            one.layer, isa, map, lanes: one.lanes, haloMore: one.haloMore, residual: residual)
        return run(kernel).map(channels: one.outputs).distance(to: expected)
    }

    @Test(arguments: ConvolutionCase.dense)
    func `a convolution agrees with its twin on every instruction set`(_ one: ConvolutionCase) {
        for isa in ISA.available {
            #expect(distance(one, isa) { $0.run() } < tolerance, "\(isa)")
        }
    }

    @Test(arguments: ConvolutionCase.depthwise)
    func `a depthwise convolution agrees with its twin`(_ one: ConvolutionCase) {
        for isa in ISA.available {
            #expect(distance(one, isa) { $0.runDepthwise() } < tolerance, "\(isa)")
        }
    }

    @Test(arguments: ISA.available, [1, 2, 3])
    func `every width of a row is right`(isa: ISA, stride: Int) {
        // Three blocks: a pair and a lone one where groups are pairs. 31 > 2 · 14, the widest tile.
        for width in 1...31 {
            let one = ConvolutionCase(
                inputs: 5, outputs: 37, kernel: (1, 3), stride: stride, side: (1, width))
            #expect(distance(one, isa) { $0.run() } < tolerance, "width \(width)")
        }
    }

    @Test(arguments: ISA.available)
    func `a row's bits do not depend on the rows it is computed with`(isa: ISA) {
        var noise = KernelNoise(seed: 3)
        let map = noise.map(19, 13, 17)
        let kernel = KernelConvolution(
            KernelConvolution.makeLayer(
                19, 37, kernel: .init(3, 3), padding: .init(1, 1), activation: .silu), isa, map)
        let whole = kernel.run()
        for rows in [1, 2, 5] { #expect(kernel.run(rowsOfCall: rows).bits == whole.bits) }
        let deep = KernelConvolution(
            KernelConvolution.makeLayer(
                19, 19, kernel: .init(3, 3), padding: .init(1, 1), groups: 19), isa, map)
        #expect(deep.runDepthwise(rowsOfCall: 1).bits == deep.runDepthwise().bits)
    }

    @Test(arguments: ISA.available)
    func `a pixel's bits do not depend on its place in a tile`(isa: ISA) {
        var noise = KernelNoise(seed: 4)
        let map = noise.map(33, 1, 31)
        let layer = KernelConvolution.makeLayer(33, 37, activation: .silu)
        let whole = KernelConvolution(layer, isa, map).run().map(channels: 37)
        for first in 0..<31 {
            let cut = Reference.FeatureMap(channels: 33, height: 1, width: 31 - first) {
                map[$0, $1, first + $2]
            }
            let part = KernelConvolution(layer, isa, cut).run().map(channels: 37)
            let same = Reference.FeatureMap(channels: 37, height: 1, width: 31 - first) {
                whole[$0, $1, first + $2]
            }
            #expect(part == same, "from column \(first)")
        }
    }

    @Test(arguments: ISA.available)
    func `a call writes its rows of its group and nothing else`(isa: ISA) {
        var noise = KernelNoise(seed: 5)
        let kernel = KernelConvolution(
            KernelConvolution.makeLayer(16, 70, kernel: .init(3, 3), padding: .init(1, 1)), isa,
            noise.map(16, 7, 13),
            outHalo: 2)
        for group in 0..<kernel.groups {
            var output = kernel.makeOutput()
            kernel.run(group, 2..<5, into: &output)
            #expect(!output.isUntouched)
            #expect(output.erasing(blocks: kernel.blocks(of: group), rows: 2..<5).isUntouched)
        }
    }

    @Test(arguments: ISA.available)
    func `no rows are no work`(isa: ISA) {
        var noise = KernelNoise(seed: 6)
        let kernel = KernelConvolution(
            KernelConvolution.makeLayer(16, 16), isa, noise.map(16, 3, 3))
        var output = kernel.makeOutput()
        kernel.run(0, 2..<2, into: &output)
        #expect(output.isUntouched)
    }
}
