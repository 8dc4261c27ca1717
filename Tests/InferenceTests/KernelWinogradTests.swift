import CKernels
import Testing

@testable import Inference

/// F(4×4, 3×3) multiplies inputs by up to 10 and sums by up to 8 twice over before they cancel: its
/// errors are some 3e-6 of the largest output for 80 channels, ten times those of the direct way.
private let tolerance = 2e-5

struct KernelWinogradTests {
    static let cases: [ConvolutionCase] = [1, 2].flatMap { stride in
        let sides = [1, 3, 7, 13, 17].flatMap { height in
            [1, 3, 7, 13, 17].map { width in
                ConvolutionCase(
                    inputs: 5 + height, outputs: 14 + width, stride: stride, side: (height, width),
                    activation: .silu)
            }
        }
        let channels = [1, 16, 31, 80].flatMap { inputs in
            [1, 16, 33, 80].map {
                ConvolutionCase(
                    inputs: inputs, outputs: $0, stride: stride, side: (5 * stride, 9 * stride))
            }
        }
        let ends = [Activation.identity, .silu, .relu, .hardswish].map {
            ConvolutionCase(
                inputs: 20, outputs: 36, stride: stride, side: (7, 8), activation: $0, haloMore: 2,
                hasResidual: true)
        }
        return sides + channels + ends
    }

    @Test(arguments: cases)
    func `Winograd's way agrees with the twin on every instruction set`(_ one: ConvolutionCase) {
        var noise = KernelNoise(seed: 2)
        let map = noise.map(one.inputs, one.side.0, one.side.1)
        var expected = Reference.apply(one.layer, to: map)
        var residual: Reference.FeatureMap?
        if one.hasResidual {
            let added = noise.map(expected.channels, expected.height, expected.width)
            expected = Reference.add(expected, added)
            residual = added
        }
        for isa in ISA.available {
            let kernel = KernelConvolution(
                one.layer, isa, map, haloMore: one.haloMore, residual: residual)
            let found = kernel.runWinograd().map(channels: one.outputs)
            #expect(found.distance(to: expected) < tolerance, "\(isa)")
        }
    }

    @Test(arguments: [0, 1, 2], [1, 2])
    func `any padding is right`(padding: Int, stride: Int) {
        var noise = KernelNoise(seed: 8)
        let map = noise.map(17, 7, 9)
        let layer = KernelConvolution.makeLayer(
            17, 18, kernel: .init(3, 3), stride: stride, padding: .init(padding, 2 - padding))
        let expected = Reference.apply(layer, to: map)
        for isa in ISA.available {
            let kernel = KernelConvolution(layer, isa, map)
            #expect(kernel.runWinograd().map(channels: 18).distance(to: expected) < tolerance)
        }
    }

    @Test(arguments: ISA.available, [1, 2])
    func `a tile's bits do not depend on the tiles it is computed with`(isa: ISA, stride: Int) {
        var noise = KernelNoise(seed: 3)
        // 5 × 7 tiles, more than two of the widest kernel's runs; three output blocks.
        let kernel = KernelConvolution(
            KernelConvolution.makeLayer(
                19, 37, kernel: .init(3, 3), stride: stride, padding: .init(1, 1), activation: .silu
            ),
            isa, noise.map(19, 18 * stride, 27 * stride))
        let whole = kernel.runWinograd()
        for tiles in [1, 2, 6, 13, 20] {
            #expect(kernel.runWinograd(tilesOfCall: tiles).bits == whole.bits, "\(tiles) tiles")
        }
    }

    @Test(arguments: ISA.available)
    func `a call writes its tiles of its group and nothing else`(isa: ISA) {
        var noise = KernelNoise(seed: 5)
        let kernel = KernelConvolution(
            KernelConvolution.makeLayer(16, 70, kernel: .init(3, 3), padding: .init(1, 1)), isa,
            noise.map(16, 7, 13), outHalo: 2)
        for group in 0..<kernel.groups {
            var output = kernel.makeOutput()
            kernel.runWinograd(group, 4..<8, into: &output)  // the second row of tiles
            #expect(!output.isUntouched)
            #expect(output.erasing(blocks: kernel.blocks(of: group), rows: 4..<7).isUntouched)
        }
    }

    @Test(arguments: ISA.available, [(1, 1), (3, 1), (3, 2)])
    func `experts are mixed and scaled before they are transformed`(isa: ISA, shape: (Int, Int)) {
        let (blocks, windowStride) = (min(shape.0, isa.groupBlocks), Int32(shape.1))
        let used: [UInt8] = [16, 0, 5]
        let (lanes, count) = (blocks * 16, 21 * 9 * blocks * 16)
        var noise = KernelNoise(seed: 9)
        let (alpha, scale) = (noise.next(3), noise.next(lanes))
        let stride = count + 7
        let experts = noise.next(3 * stride)
        // In Double, which mixing in Float comes near to 1e-7.
        let mixed = (0..<count).map { i in
            let sum = (0..<3).reduce(0.0) {
                $0 + Double(alpha[$1]) * Double(experts[$1 * stride + i])
            }
            return Float(sum * Double(scale[i % lanes]))
        }
        func transform(
            _ layout: dd_experts, _ alpha: [Float], _ kernels: [UInt8], _ scale: [Float]
        ) -> [Float] {
            let parts = 36 * 16  // floats between the parts, never written
            var out = [Float](repeating: 0, count: count * 4 + parts)
            var span = out.mutableSpan
            // In parts, as the items of a section do.
            for block in 0..<Int32(3) {
                dd_winograd_weights(
                    isa.code, windowStride, layout, Int32(blocks), block, block + 1, alpha.span,
                    kernels.span, scale.span, used.span, &span)
            }
            return out
        }
        let found = transform(
            dd_experts(count: 3, halves: 0, stride: stride), alpha, experts.bytes, scale)
        let expected = transform(
            dd_experts(count: 1, halves: 0, stride: 0), [1], mixed.bytes, [])
        let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst < 1e-6)
        #expect(found.allSatisfy { $0.isFinite })
    }
}
