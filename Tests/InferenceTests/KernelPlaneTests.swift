import CKernels
import Testing

@testable import Inference

/// The kernels that work on each block by itself.
struct KernelPlaneTests {
    private static let sides = [(1, 1), (3, 7), (13, 17), (7, 1)]

    @Test(
        arguments: ISA.available,
        [(5, 1, 2), (3, 2, 1), (2, 2, 0), (1, 1, 0), (7, 3, 3), (13, 1, 6)])
    func `a maximum ignores what lies outside`(isa: ISA, window: (Int, Int, Int)) {
        let (kernel, stride, padding) = window
        var noise = KernelNoise(seed: 10)
        for (height, width) in Self.sides
        where min(height, width) + 2 * padding >= kernel {
            var map = noise.map(20, height, width)
            for i in map.elements.indices {  // all below the halo's zeros
                map.elements[i] = Double(Float(map.elements[i] - 2))
            }
            let input = KernelPlanes(map, halo: 1)
            let expected = Reference.maxPool(map, kernel: kernel, stride: stride, padding: padding)
            var output = KernelPlanes(
                channels: 20, height: expected.height, width: expected.width, halo: 2)
            for block in 0..<output.shape.blocks {
                for y in 0..<output.shape.height {
                    output.lend { shape, out in
                        dd_max_pool_rows(
                            isa.code, input.shape, shape, Int32(kernel), Int32(stride),
                            Int32(padding), block, y, y + 1, input.floats.span, &out)
                    }
                }
            }
            #expect(output.map(channels: 20) == expected)
            #expect(output.erasing(blocks: 0..<2, rows: 0..<expected.height).isUntouched)
        }
    }

    @Test(arguments: ISA.available, [1, 2, 3])
    func `upsampling repeats cells`(isa: ISA, factor: Int) {
        var noise = KernelNoise(seed: 11)
        for (height, width) in Self.sides {
            let map = noise.map(17, height, width)
            let input = KernelPlanes(map, halo: 2)
            var output = KernelPlanes(
                channels: 17, height: height * factor, width: width * factor, halo: 1)
            for block in 0..<output.shape.blocks {
                for y in 0..<output.shape.height {
                    output.lend { shape, out in
                        dd_upsample_rows(
                            isa.code, input.shape, shape, Int32(factor), block, y, y + 1,
                            input.floats.span, &out)
                    }
                }
            }
            #expect(output.map(channels: 17) == Reference.upsample(map, factor: factor))
            #expect(output.erasing(blocks: 0..<2, rows: 0..<height * factor).isUntouched)
        }
    }

    @Test(arguments: ISA.available)
    func `a sum of values with different halos`(isa: ISA) {
        var noise = KernelNoise(seed: 12)
        let (x, y) = (noise.map(33, 7, 13), noise.map(33, 7, 13))
        let (left, right) = (KernelPlanes(x, halo: 0), KernelPlanes(y, halo: 3))
        var output = KernelPlanes(channels: 33, height: 7, width: 13, halo: 1)
        for block in 0..<Int32(3) {
            output.lend { shape, out in
                dd_add_rows(
                    isa.code, left.shape, right.shape, shape, block, 0, 7, left.floats.span,
                    right.floats.span, &out)
            }
        }
        let expected = Reference.FeatureMap(channels: 33, height: 7, width: 13) {
            Double(Float(x[$0, $1, $2]) + Float(y[$0, $1, $2]))
        }
        #expect(output.map(channels: 33) == expected)
        #expect(output.erasing(blocks: 0..<3, rows: 0..<7).isUntouched)
    }

    @Test(arguments: [(1, 1), (7, 13), (3, 31), (2, 33), (5, 160)])
    func `means are exact to rounding and the same on every instruction set`(
        height: Int, width: Int
    ) {
        var noise = KernelNoise(seed: 13)
        var map = noise.map(20, height, width)
        for i in map.elements.indices { map.elements[i] = Double(Float(map.elements[i] + 1)) }
        let planes = KernelPlanes(map, halo: 1)
        let exact = Reference.means(map)
        var bits: Set<[UInt32]> = []
        for isa in ISA.available {
            var means = [Float](repeating: KernelPlanes.untouched, count: 32)
            var out = means.mutableSpan
            dd_means(isa.code, planes.shape, 0, 1, planes.floats.span, &out)
            dd_means(isa.code, planes.shape, 1, 2, planes.floats.span, &out)
            for (mean, exact) in zip(means, exact) {
                #expect(abs(Double(mean) - exact) <= 7e-7 * exact)
            }
            bits.insert(means.map(\.bitPattern))
        }
        #expect(bits.count == 1)
    }

    @Test(arguments: ISA.available, [(1, 1, 1), (5, 3, 9), (16, 7, 13), (37, 4, 20)])
    func `the top of a row is the largest number of its channels`(
        isa: ISA, form: (channels: Int, height: Int, width: Int)
    ) {
        var noise = KernelNoise(seed: 15)
        let (channels, height, width) = form
        // What is no channel is larger than all, and some channels are nothing but NaN.
        var planes = KernelPlanes(
            noise.map(channels, height, width), halo: 1, spare: .greatestFiniteMagnitude)
        for c in stride(from: 0, to: channels, by: 3) {
            for x in 0..<width { planes.floats[planes.index(c, height - 1, x)] = .nan }
        }
        let blocks = Int(planes.shape.blocks)
        var tops = [Float](repeating: KernelPlanes.untouched, count: blocks * height)
        var out = tops.mutableSpan
        for rows in [0..<height / 2, height / 2..<height] {
            dd_tops(
                isa.code, planes.shape, Int32(channels), Int32(rows.lowerBound),
                Int32(rows.upperBound), planes.floats.span, &out)
        }
        for block in 0..<blocks {
            for y in 0..<height {
                var expected = -Float.infinity
                for c in block * 16..<min(block * 16 + 16, channels) {
                    for x in 0..<width {
                        let number = planes.floats[planes.index(c, y, x)]
                        if number > expected { expected = number }
                    }
                }
                #expect(tops[block * height + y] == expected)
            }
        }
    }
}
