import CKernels
import Testing

@testable import Inference

struct KernelPictureTests {
    private static func pixels(_ height: Int, _ width: Int) -> [UInt8] {
        (0..<height * width * 3).map { UInt8(truncatingIfNeeded: $0 * 89 + $0 / 7) }
    }

    /// The convolution of the same picture in floats.
    private static func plain(
        _ form: ConvolutionCase, _ pixels: [UInt8], _ isa: ISA
    ) -> KernelConvolution {
        var noise = KernelNoise(seed: 21)
        let (height, width) = form.side
        let map = Reference.FeatureMap(channels: 3, height: height, width: width) {
            Double(Float(pixels[($1 * width + $2) * 3 + $0]) / 255)
        }
        let bare = KernelConvolution(form.layer, isa, map, lanes: 4, haloMore: form.haloMore)
        guard form.hasResidual else { return bare }
        return KernelConvolution(
            form.layer, isa, map, lanes: 4, haloMore: form.haloMore,
            residual: noise.map(form.outputs, Int(bare.conv.out.height), Int(bare.conv.out.width)))
    }

    static let forms = [
        ConvolutionCase(inputs: 3, outputs: 16, stride: 2, side: (13, 17), activation: .silu),
        ConvolutionCase(
            inputs: 3, outputs: 33, kernel: (7, 7), stride: 2, side: (17, 13), activation: .relu,
            haloMore: 1),
        ConvolutionCase(inputs: 3, outputs: 5, kernel: (5, 5), side: (7, 7), hasResidual: true),
        ConvolutionCase(inputs: 3, outputs: 20, stride: 3, dilation: 2, side: (16, 31)),
        ConvolutionCase(inputs: 3, outputs: 16, kernel: (1, 1), stride: 2, side: (3, 5)),
        ConvolutionCase(inputs: 3, outputs: 16, kernel: (7, 7), side: (1, 1)),
    ]

    @Test(arguments: ISA.available, forms)
    func `a picture in bytes gives the bits that its floats give`(
        isa: ISA, form: ConvolutionCase
    ) {
        let (height, width) = form.side
        let pixels = Self.pixels(height, width)
        let plain = Self.plain(form, pixels, isa)
        let expected = plain.run()
        let rows = Int(plain.conv.out.height)
        for step in [1, 3, rows] {
            var output = plain.makeOutput()
            for group in 0..<plain.groups {
                for first in stride(from: 0, to: rows, by: step) {
                    plain.run(
                        group, first..<min(first + step, rows), pixels: pixels, into: &output)
                }
            }
            #expect(output.bits == expected.bits, "\(step) rows at a time")
        }
    }

    @Test(arguments: [0, 1])
    func `pixels or a strip that are too few stop the program`(missing: Int) async {
        await #expect(processExitsWith: .failure) { [missing] in
            let pixels = KernelPictureTests.pixels(13, 17)
            let plain = KernelPictureTests.plain(KernelPictureTests.forms[0], pixels, .baseline)
            var output = plain.makeOutput()
            plain.run(
                0, 0..<2, pixels: missing == 0 ? pixels.dropLast() : pixels,
                stripMissing: missing, into: &output)
        }
    }
}

extension KernelConvolution {
    /// Some rows of one group from the picture's bytes.
    fileprivate func run(
        _ group: Int, _ rows: Range<Int>, pixels: [UInt8], stripMissing: Int = 0,
        into output: inout KernelPlanes
    ) {
        guard case .constant(let kernel, let bias) = layer.weights else { return }
        let (weights, used) = pack(kernel, group)
        let added = residual?.floats ?? []
        let biases = bias + Array(repeating: 0, count: Int(conv.out.blocks) * 16 - bias.count)
        let count = dd_strip_count(conv, Int32(rows.count)) - stripMissing
        var strip = [Float](repeating: .nan, count: count)
        var between = strip.mutableSpan
        dd_load_strip(
            isa.code, conv, Int32(rows.lowerBound), Int32(rows.upperBound), pixels.span, &between)
        var out = output.floats.mutableSpan
        dd_strip_rows(
            isa.code, conv, Int32(group), Int32(rows.lowerBound), Int32(rows.upperBound),
            strip.span, used.span, weights.span, biases.span, added.span,
            residual?.shape ?? conv.out, &out)
    }
}
