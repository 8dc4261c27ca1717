import CKernels
import Testing

@testable import Inference

/// What works on planes of narrow values, against twins on the same numbers.
struct KernelNarrowPlaneTests {
    /// Runs a kernel for each block and some rows at a time, into planes of `format`.
    private func run(
        _ format: Format, _ channels: Int, _ height: Int, _ width: Int,
        _ kernel: (
            _ planes: dd_narrow_planes, _ block: Int32, _ y0: Int32, _ y1: Int32,
            _ out: inout MutableSpan<UInt8>
        ) -> Void
    ) -> Reference.FeatureMap {
        var made = NarrowPlanes(format, channels: channels, height: height, width: width)
        for block in 0..<made.shape.blocks {
            for y in stride(from: 0, to: height, by: 3) {
                made.lend { kernel($0, block, Int32(y), Int32(min(y + 3, height)), &$1) }
            }
        }
        return made.map(channels: channels)
    }

    @Test(arguments: Format.narrow, [(1, 1, 0), (2, 2, 0), (3, 2, 1), (5, 1, 2)])
    func `the largest of a window is found`(_ format: Format, _ window: (Int, Int, Int)) {
        let (kernel, stride, padding) = window
        var noise = KernelNoise(seed: 31)
        let map = noise.map(19, 7, 13).rounded(to: format)
        let input = NarrowPlanes(format, map)
        let expected = Reference.maxPool(map, kernel: kernel, stride: stride, padding: padding)
        let made = run(format, 19, expected.height, expected.width) {
            dd_narrow_max_pool_rows(
                input.code, $0, Int32(kernel), Int32(stride), Int32(padding), $1, $2, $3,
                input.bytes.span, &$4)
        }
        #expect(made == expected.rounded(to: format))
    }

    @Test(arguments: Format.narrow, [1, 2, 3])
    func `nearest neighbours change their format on the way`(_ format: Format, _ factor: Int) {
        var noise = KernelNoise(seed: 32)
        let map = noise.map(19, 3, 7).rounded(to: format)
        let input = NarrowPlanes(format, map, halo: 0)
        let other =
            format.element == .byte ? Format.bytes(for: -0.9...0.7) : Format.bfloat16
        for target in [format, other, .float] {
            let expected = Reference.upsample(map, factor: factor).rounded(to: target)
            let made = run(target, 19, expected.height, expected.width) {
                dd_narrow_upsample_rows(
                    input.code, $0, Int32(factor), $1, $2, $3, input.bytes.span, &$4)
            }
            #expect(made == expected, "\(target)")
        }
    }

    @Test(arguments: Format.narrow)
    func `floats become narrow`(_ format: Format) {
        var noise = KernelNoise(seed: 33)
        let map = noise.map(19, 3, 7)
        let input = NarrowPlanes(.float, map)
        let made = run(format, 19, 3, 7) {
            dd_narrow_upsample_rows(input.code, $0, 1, $1, $2, $3, input.bytes.span, &$4)
        }
        #expect(made == map.rounded(to: format))
    }

    @Test(arguments: Format.narrow)
    func `a sum is rounded once`(_ format: Format) {
        var noise = KernelNoise(seed: 34)
        let (x, y) = (noise.map(19, 7, 5).rounded(to: format), noise.map(19, 7, 5))
        let left = NarrowPlanes(format, x)
        let right = NarrowPlanes(.float, y, halo: 3)
        let made = run(format, 19, 7, 5) {
            dd_narrow_add_rows(
                left.code, right.code, $0, $1, $2, $3, left.bytes.span, right.bytes.span, &$4)
        }
        #expect(made == Reference.add(x, y).rounded(to: format))
    }

    @Test(arguments: Format.narrow, [(1, 1), (7, 33), (40, 65)])
    func `means are those of the stored numbers`(_ format: Format, _ side: (Int, Int)) {
        var noise = KernelNoise(seed: 35)
        let map = noise.map(19, side.0, side.1).rounded(to: format)
        let input = NarrowPlanes(format, map)
        var means = [Float](repeating: -1, count: 32)
        var out = means.mutableSpan
        dd_narrow_means(input.code, 0, 2, input.bytes.span, &out)
        for (c, mean) in Reference.means(map).enumerated() {
            #expect(abs(Double(means[c]) - mean) < 1e-6)
        }
    }
}
