import CKernels
import Testing

@testable import Inference

/// Kernels mixed of experts and rounded, against the formulas.
struct KernelNarrowWeightTests {
    private static let alpha: [Float] = [0.3, 0.9, 0.5]

    /// Three experts in float or bfloat16, run by run, and their mixture in Double.
    private func experts(
        _ count: Int, _ element: Format.Element
    ) -> (bytes: [UInt8], mixed: [Double]) {
        var noise = KernelNoise(seed: 51)
        var numbers = noise.next(3 * count)
        var bytes: [UInt8]
        if element == .bfloat16 {
            bytes = Array(repeating: 0, count: numbers.count * 2)
            var out = bytes.mutableSpan
            dd_pack_experts(3, numbers.span, &out)
            numbers = numbers.map(Reference.bfloat16)
        } else {
            var runs: [Float] = []
            for run in stride(from: 0, to: count, by: 32) {
                for expert in 0..<3 {
                    let start = expert * count + run
                    runs += numbers[start..<start + 32]
                }
            }
            bytes = runs.bytes
        }
        let mixed = (0..<count).map { i in
            (0..<3).reduce(0) { $0 + Double(Self.alpha[$1]) * Double(numbers[$1 * count + i]) }
        }
        return (bytes, mixed)
    }

    @Test(.enabled(if: Format.Element.bfloat16.isAvailable))
    func `experts are packed run by run, the halves of a run in pairs`() {
        // Expert e's number i is 100·e + i, which bfloat16 holds exactly.
        let numbers = (0..<64).map { Float($0) } + (100..<164).map { Float($0) }
        var bytes = [UInt8](repeating: 0, count: numbers.count * 2)
        var out = bytes.mutableSpan
        dd_pack_experts(2, numbers.span, &out)
        let packed = bytes.bfloats
        #expect(packed[0..<4] == [0, 16, 1, 17])  // expert 0, run 0
        #expect(packed[32..<34] == [100, 116])  // expert 1, run 0
        #expect(packed[126..<128] == [147, 163])  // expert 1, run 1
    }

    @Test(
        .enabled(if: Format.Element.bfloat16.isAvailable),
        arguments: [Format.Element.float, .bfloat16], [32, 64, 160])
    func `a mixture becomes bfloat16`(_ element: Format.Element, _ count: Int) {
        let (bytes, mixed) = experts(count + 96, element)
        var made = [UInt8](repeating: 0, count: count * 2)
        var out = made.mutableSpan
        dd_mix_bf16(element.code, 3, 64, Self.alpha.span, bytes.span, &out)
        for (a, b) in zip(made.bfloats, mixed[64...]) {
            #expect(abs(Double(a) - b) <= abs(b) / 256 + 1e-6)
        }
    }

    @Test(
        .enabled(if: Format.Element.byte.isAvailable),
        arguments: [Format.Element.float, .bfloat16], [1, 2])
    func `a mixture becomes bytes, each channel with its own scale`(
        _ element: Format.Element, _ blocks: Int
    ) {
        let steps = 7
        let count = steps * blocks * 64
        let (bytes, mixed) = experts(count, element)
        var noise = KernelNoise(seed: 52)
        let format = Format.bytes(for: -0.3...1)
        let given = noise.next(blocks * 16)
        var bias = given
        var scales = [Float](repeating: 0, count: blocks * 16)
        var scratch = [Float](repeating: 0, count: count)
        var made = [UInt8](repeating: 0, count: count)
        var scratchSpan = scratch.mutableSpan
        var scalesSpan = scales.mutableSpan
        var biasSpan = bias.mutableSpan
        var out = made.mutableSpan
        dd_quantize_group(
            element.code, 3, 0, Int32(blocks), format.code, Self.alpha.span, bytes.span,
            &scratchSpan, &scalesSpan, &biasSpan, &out)
        for o in 0..<blocks * 16 {
            let indices = (0..<steps * 4).map {
                ($0 / 4 * blocks + o / 16) * 64 + o % 16 * 4 + $0 % 4
            }
            let (expected, scale) = Reference.quantized(indices.map { mixed[$0] })
            let signed = indices.map { Double(Int8(bitPattern: made[$0])) }
            // A float mixture may round a tie the other way.
            for (a, b) in zip(signed, expected) { #expect(abs(a - b) <= 1) }
            #expect(zip(signed, expected).filter { $0 != $1 }.count <= 1)
            #expect(abs(Double(scales[o]) / (scale * Double(format.scale)) - 1) < 1e-5)
            let shift = Double(scales[o]) * Double(format.zero) * signed.reduce(0, +)
            #expect(abs(Double(bias[o]) - (Double(given[o]) - shift)) < 1e-4)
        }
    }

    @Test(.enabled(if: Format.Element.byte.isAvailable))
    func `weights of nothing but zero stay zero`() {
        let bytes = [Float](repeating: 0, count: 64).bytes
        var scratch = [Float](repeating: 0, count: 64)
        var (scales, bias) = ([Float](repeating: 0, count: 16), [Float](repeating: 1, count: 16))
        var made = [UInt8](repeating: 7, count: 64)
        var scratchSpan = scratch.mutableSpan
        var scalesSpan = scales.mutableSpan
        var biasSpan = bias.mutableSpan
        var out = made.mutableSpan
        dd_quantize_group(
            DD_FLOAT, 1, 0, 1, Format.bytes(for: -1...1).code, [Float(1)].span, bytes.span,
            &scratchSpan, &scalesSpan, &biasSpan, &out)
        #expect(made.allSatisfy { $0 == 0 } && bias.allSatisfy { $0 == 1 })
        #expect(scales.allSatisfy { $0.isFinite })
    }

    @Test(
        .enabled(if: Format.Element.bfloat16.isAvailable),
        arguments: [Format.Element.float, .bfloat16], [1, 2])
    func `mixed weights are transformed as G·g·Gᵀ`(_ element: Format.Element, _ blocks: Int) {
        let inputs = 2
        let cell = 8 * blocks * 32
        let (bytes, mixed) = experts(inputs * 9 * cell, element)
        let part = inputs * cell + 32
        var made = [UInt8](repeating: 0, count: 16 * part * 2)
        var out = made.mutableSpan
        dd_winograd_group(
            element.code, 3, 0, Int32(inputs), Int32(blocks), Self.alpha.span,
            bytes.span, &out)
        let numbers = made.bfloats
        let g: [[Double]] = [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]]
        for i in stride(from: 0, to: inputs * cell, by: 37) {
            let (block, lane) = (i / cell, i % cell)
            for p in 0..<16 {
                var expected = 0.0
                for k in 0..<9 {
                    expected +=
                        g[p / 4][k / 3] * g[p % 4][k % 3] * mixed[(block * 9 + k) * cell + lane]
                }
                let made = Double(numbers[p * part + i])
                #expect(abs(made - expected) <= abs(expected) / 256 + 1e-6)
            }
        }
    }
}
