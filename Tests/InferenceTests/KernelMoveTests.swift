import CKernels
import Testing

@testable import Inference

/// Values moved in and out of planes.
struct KernelMoveTests {
    @Test(arguments: [
        (0, 0, 16), (0, 16, 20), (3, 0, 5), (5, 13, 30), (16, 1, 16), (15, 15, 1), (0, 0, 0),
    ])
    func `channels are moved lane by lane`(from: Int, to: Int, channels: Int) {
        var noise = KernelNoise(seed: 15)
        let map = noise.map(48, 3, 7)
        let input = KernelPlanes(map, halo: 1)
        var output = KernelPlanes(channels: 48, height: 3, width: 7, halo: 2)
        let before = output
        output.lend { shape, out in
            dd_copy_rows(
                input.shape, shape, Int32(from), Int32(to), Int32(channels), 1, 3,
                input.floats.span, &out)
        }
        for c in 0..<48 {
            for y in 0..<3 {
                for x in 0..<7 {
                    let isMoved = y >= 1 && (to..<to + channels).contains(c)
                    let index = output.index(c, y, x)
                    let expected =
                        isMoved ? Float(map[c - to + from, y, x]) : KernelPlanes.untouched
                    #expect(output.floats[index] == expected)
                    output.floats[index] = KernelPlanes.untouched
                }
            }
        }
        #expect(output.floats == before.floats)
    }

    @Test(arguments: [0, 1, 3], [[0..<5], [0..<2, 2..<3, 3..<5], [4..<5, 0..<4]])
    func `a halo is cleared row by row, and the picture left`(halo: Int, parts: [Range<Int>]) {
        var planes = KernelPlanes(channels: 40, height: 5, width: 3, halo: halo)
        for rows in parts {
            planes.lend { shape, out in
                dd_clear_halo(shape, 1, 3, Int32(rows.lowerBound), Int32(rows.upperBound), &out)
            }
        }
        var inside = 0
        for c in 0..<48 {
            for y in -halo..<5 + halo {
                for x in -halo..<3 + halo {
                    let isInside = (0..<5).contains(y) && (0..<3).contains(x)
                    let isLeft = isInside || c < 16
                    let value = planes.floats[planes.index(c, y, x)]
                    #expect(value == (isLeft ? KernelPlanes.untouched : 0))
                    inside += isInside ? 1 : 0
                }
            }
        }
        #expect(inside == 48 * 15)
    }

    @Test func `middle rows clear no rows above or below`() {
        var planes = KernelPlanes(channels: 16, height: 5, width: 3, halo: 1)
        planes.lend { shape, out in dd_clear_halo(shape, 0, 1, 2, 3, &out) }
        #expect(planes.floats.count { $0 == 0 } == 32)
    }

    @Test(arguments: [4, 16], ISA.available)
    func `every byte becomes the float32 quotient`(lanes: Int, isa: ISA) {
        let pixels = (0..<256 * 3).map { UInt8(truncatingIfNeeded: $0 / 3 + 85 * ($0 % 3)) }
        var planes = KernelPlanes(channels: 3, height: 16, width: 16, halo: 1, lanes: lanes)
        planes.lend { shape, out in
            dd_load_pixels(isa.code, shape, 0, 7, pixels.span.extracting(0..<7 * 48), &out)
            dd_load_pixels(isa.code, shape, 7, 16, pixels.span.extracting(7 * 48..<16 * 48), &out)
        }
        for i in 0..<256 {
            for c in 0..<lanes {
                let expected = c < 3 ? Float(pixels[i * 3 + c]) / 255 : 0
                #expect(planes.floats[planes.index(c, i / 16, i % 16)] == expected)
            }
        }
        #expect(
            planes.floats.count { $0 == KernelPlanes.untouched } == (18 * 18 - 16 * 16) * lanes)
    }

    @Test(arguments: [(3, 4), (1, 4), (3, 16), (17, 16)])
    func `a tensor is loaded as it is`(channels: Int, lanes: Int) {
        var noise = KernelNoise(seed: 16)
        let map = noise.map(channels, 3, 7)
        var planes = KernelPlanes(
            channels: channels, height: 3, width: 7, halo: 2, lanes: lanes)
        let tensor = map.elements.map { Float($0) }
        planes.lend { shape, out in dd_load_tensor(shape, Int32(channels), tensor.span, &out) }
        #expect(planes.map(channels: channels) == map)
        let all = planes.map(channels: Int(planes.shape.blocks) * lanes)
        #expect(all.elements[map.elements.count...].allSatisfy { $0 == 0 })
    }
}
