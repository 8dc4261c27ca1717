import CKernels
import Testing

@testable import Inference

/// A call that does not fit its buffers is our own bug: it stops the program before a byte is read.
struct KernelBoundsTests {
    @Test func `an output that is too small stops the program`() async {
        await #expect(processExitsWith: .failure) {
            let x = KernelPlanes(channels: 16, height: 3, width: 3, halo: 1)
            var out = [Float](repeating: 0, count: x.floats.count - 1)
            var span = out.mutableSpan
            dd_add_rows(
                DD_BASELINE, x.shape, x.shape, x.shape, 0, 0, 1, x.floats.span, x.floats.span,
                &span)
        }
    }

    @Test func `a halo narrower than the padding stops the program`() async {
        await #expect(processExitsWith: .failure) {
            var noise = KernelNoise(seed: 17)
            let wide = KernelConvolution(
                KernelConvolution.makeLayer(16, 16, kernel: .init(3, 3), padding: .init(1, 1)),
                .baseline, noise.map(16, 3, 3))
            var conv = wide.conv
            conv.in.halo = 0
            var output = wide.makeOutput()
            let weights = noise.next(16 * 16 * 9)
            output.lend { _, out in
                dd_conv_rows(
                    DD_BASELINE, conv, 0, 0, 1, wide.input.floats.span, [UInt8(16)].span,
                    weights.span, weights.span, [Float]().span, conv.out, &out)
            }
        }
    }

    @Test func `weights that are too few stop the program`() async {
        await #expect(processExitsWith: .failure) {
            var noise = KernelNoise(seed: 18)
            let kernel = KernelConvolution(
                KernelConvolution.makeLayer(16, 16), .baseline, noise.map(16, 3, 3))
            var output = kernel.makeOutput()
            let weights = noise.next(16 * 16 - 1)
            output.lend { _, out in
                dd_conv_rows(
                    DD_BASELINE, kernel.conv, 0, 0, 1, kernel.input.floats.span,
                    [UInt8(16)].span, weights.span, weights.span, [Float]().span, kernel.conv.out,
                    &out)
            }
        }
    }

    @Test(arguments: [(1, 32), (2, 32), (1, 31), (1, 48)])
    func `experts that are too few or scales that do not fit stop the program`(
        experts: Int, scales: Int
    ) async {
        // One expert of 32 numbers is there, for one group of 32 lanes: only the first fits.
        await #expect(processExitsWith: (experts, scales) == (1, 32) ? .success : .failure) {
            [experts, scales] in
            let kernels = [UInt8](repeating: 0, count: 32 * 4)
            let (alpha, scale): ([Float], [Float]) = (
                [1, 1], [Float](repeating: 1, count: scales)
            )
            var out = [Float](repeating: 0, count: 32)
            var span = out.mutableSpan
            dd_mix_experts(
                DD_BASELINE, dd_experts(count: Int32(experts), halves: 0, stride: 32), 0,
                alpha.span, kernels.span, scale.span, &span)
        }
    }

    @Test func `binary16 where the instruction set cannot read it stops the program`() async {
        await #expect(processExitsWith: .failure) {
            let kernels = [UInt8](repeating: 0, count: 32 * 4)
            let (alpha, scale): ([Float], [Float]) = ([1], [Float](repeating: 1, count: 16))
            var out = [Float](repeating: 0, count: 32)
            var span = out.mutableSpan
            dd_mix_experts(
                DD_BASELINE, dd_experts(count: 1, halves: 1, stride: 32), 0, alpha.span,
                kernels.span, scale.span, &span)
        }
    }

    @Test func `tops that have no room stop the program`() async {
        await #expect(processExitsWith: .failure) {
            let x = KernelPlanes(channels: 20, height: 3, width: 3, halo: 1)
            var out = [Float](repeating: 0, count: 5)
            var span = out.mutableSpan
            dd_tops(DD_BASELINE, x.shape, 20, 0, 3, x.floats.span, &span)
        }
    }
}
