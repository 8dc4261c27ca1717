import CKernels
import Testing

@testable import Inference

/// Narrow values moved in and out; every machine can.
struct KernelNarrowMoveTests {
    static let formats: [Format] = [.float, .bfloat16, .bytes(for: -0.4...1), .bytes(for: 0...2)]

    @Test(arguments: formats, [(0, 0, 19), (3, 14, 5), (15, 2, 30), (16, 0, 16)])
    func `channels move from any lane to any other`(_ format: Format, _ run: (Int, Int, Int)) {
        var noise = KernelNoise(seed: 41)
        let map = noise.map(48, 3, 7).rounded(to: format)
        let input = NarrowPlanes(format, map, halo: 2)
        for target in [format, .bytes(for: -1...1)] {
            var output = NarrowPlanes(target, channels: 48, height: 3, width: 7)
            let before = output
            output.lend { code, out in
                dd_narrow_copy_rows(
                    input.code, code, Int32(run.0), Int32(run.1), Int32(run.2), 1, 3,
                    input.bytes.span, &out)
            }
            for c in 0..<48 {
                let from = c - run.1 + run.0
                let isMoved = (run.0..<run.0 + run.2).contains(from)
                for y in 0..<3 {
                    for x in 0..<7 {
                        let expected =
                            isMoved && y > 0
                            ? Reference.rounded(map[from, y, x], to: target) : before[c, y, x]
                        #expect(
                            output[c, y, x] == expected
                                || output[c, y, x].isNaN && expected.isNaN)
                    }
                }
            }
        }
    }

    @Test(arguments: formats)
    func `zeros surround the rows that are asked for`(_ format: Format) {
        var planes = NarrowPlanes(format, channels: 40, height: 4, width: 3, halo: 2)
        let before = planes[0, 0, 0]
        planes.lend { code, out in dd_narrow_clear(code, 1, 2, 0, 2, 0, &out) }
        for c in [0, 16, 31, 32] {
            for y in -2..<6 {
                for x in -2..<5 {
                    let isInside = (0..<4).contains(y) && (0..<3).contains(x)
                    let isCleared = (16..<32).contains(c) && y < 2 && !isInside
                    #expect(planes[c, y, x] == (isCleared ? 0 : before))
                }
            }
        }
    }

    @Test(arguments: formats)
    func `cleared whole, the rows are zero too`(_ format: Format) {
        var planes = NarrowPlanes(format, channels: 16, height: 4, width: 3)
        planes.lend { code, out in dd_narrow_clear(code, 0, 1, 1, 4, 1, &out) }
        for y in 1..<4 { for x in -1..<4 { #expect(planes[5, y, x] == 0) } }
        #expect(planes[5, 0, 0] != 0)
    }

    @Test(arguments: [Format.Element.float, .bfloat16, .byte], [4, 16])
    func `a picture's bytes are held exactly`(_ element: Format.Element, _ lanes: Int) {
        let pixels = (0..<3 * 7 * 13).map { UInt8($0 % 256) }
        let format = Format.picture(element)
        var planes = NarrowPlanes(format, channels: 3, height: 7, width: 13, lanes: lanes)
        planes.lend { code, out in
            dd_narrow_load_pixels(code, 0, 5, pixels.span.extracting(0..<5 * 39), &out)
            dd_narrow_load_pixels(code, 5, 7, pixels.span.extracting(5 * 39..<7 * 39), &out)
        }
        for c in 0..<lanes {
            for y in 0..<7 {
                for x in 0..<13 {
                    let value = c < 3 ? Double(pixels[(y * 13 + x) * 3 + c]) / 255 : 0
                    #expect(abs(planes[c, y, x] - value) < 1e-7)
                }
            }
        }
    }

    @Test(arguments: formats)
    func `a tensor is rounded`(_ format: Format) {
        var noise = KernelNoise(seed: 42)
        let map = noise.map(19, 3, 5)
        var planes = NarrowPlanes(format, channels: 32, height: 3, width: 5)
        let tensor = map.elements.map { Float($0) }
        planes.lend { code, out in dd_narrow_load_tensor(code, 19, tensor.span, &out) }
        #expect(planes.map(channels: 19) == map.rounded(to: format))
        #expect(planes[20, 1, 1] == 0)
    }
}
