import CKernels
import Testing

@testable import Inference

struct KernelMixingTests {
    @Test(arguments: ISA.available, [1, 2, 4, 7])
    func `rows are added up, whatever part is asked for`(isa: ISA, rows: Int) {
        var noise = KernelNoise(seed: 14)
        let (x, weight) = (noise.next(rows), noise.next(rows * 203))
        func mix(_ range: Range<Int>) -> [Float] {
            var mixed = [Float](repeating: KernelPlanes.untouched, count: range.count)
            var out = mixed.mutableSpan
            dd_mix(isa.code, Int32(rows), 203, range.lowerBound, x.span, weight.span, &out)
            return mixed
        }
        let whole = mix(0..<203)
        for i in 0..<203 {
            let exact = (0..<rows).reduce(0.0) {
                $0 + Double(x[$1]) * Double(weight[$1 * 203 + i])
            }
            #expect(abs(Double(whole[i]) - exact) < 1e-6)
        }
        for range in [0..<1, 3..<20, 60..<140, 202..<203, 203..<203] {
            #expect(mix(range) == Array(whole[range]))
        }
    }

    @Test(arguments: ISA.available, [(1, 1), (2, 3), (4, 2), (7, 1)])
    func `experts are mixed and scaled, whatever part is asked for`(isa: ISA, shape: (Int, Int)) {
        let (experts, lanes) = (shape.0, shape.1 * 16)
        let count = 5 * lanes, stride = count + 3
        var noise = KernelNoise(seed: 15)
        let (alpha, scale) = (noise.next(experts), noise.next(lanes))
        let kernels = noise.next(experts * stride)
        let bytes = kernels.bytes
        let layout = dd_experts(count: Int32(experts), halves: 0, stride: stride)
        func mix(_ range: Range<Int>) -> [Float] {
            var mixed = [Float](repeating: KernelPlanes.untouched, count: range.count)
            var out = mixed.mutableSpan
            dd_mix_experts(
                isa.code, layout, range.lowerBound, alpha.span, bytes.span, scale.span,
                &out)
            return mixed
        }
        let whole = mix(0..<count)
        for i in 0..<count {
            let exact = (0..<experts).reduce(0.0) {
                $0 + Double(alpha[$1]) * Double(kernels[$1 * stride + i])
            }
            #expect(abs(Double(whole[i]) - exact * Double(scale[i % lanes])) < 1e-6)
        }
        for range in [0..<lanes, lanes..<3 * lanes, 4 * lanes..<count, count..<count] {
            #expect(mix(range) == Array(whole[range]))
        }
    }

    @Test(arguments: ISA.available.filter { $0 != .baseline })
    func `experts in binary16 give the bits that they give as floats`(isa: ISA) throws {
        var noise = KernelNoise(seed: 16)
        let (alpha, scale) = (noise.next(4), noise.next(32))
        let (count, stride) = (6 * 32, 7 * 32)
        let kernels = noise.next(4 * stride).map { Float(Float16($0)) }
        var halves = [UInt8](repeating: 0, count: kernels.count * 2)
        var packed = halves.mutableSpan
        let isKept = dd_pack_halves(isa.code, kernels.span, &packed) != 0
        try #require(isKept)
        func mix(_ kernels: [UInt8], halves: Int32) -> [UInt32] {
            var mixed = [Float](repeating: KernelPlanes.untouched, count: count)
            var out = mixed.mutableSpan
            dd_mix_experts(
                isa.code, dd_experts(count: 4, halves: halves, stride: stride), 0, alpha.span,
                kernels.span, scale.span, &out)
            return mixed.map(\.bitPattern)
        }
        #expect(mix(halves, halves: 1) == mix(kernels.bytes, halves: 0))
    }

    /// Every finite binary16, subnormal ones and both zeros among them.
    @Test(arguments: ISA.available)
    func `what is binary16 is kept to the bit, where the instruction set reads it`(isa: ISA) {
        let all = (UInt16.min...UInt16.max).map { Float16(bitPattern: $0) }.filter(\.isFinite)
        var packed = [UInt8](repeating: 0, count: all.count * 2)
        var out = packed.mutableSpan
        let numbers = all.map(Float.init)
        let isKept = dd_pack_halves(isa.code, numbers.span, &out) != 0
        #expect(isKept == (isa != .baseline))
        if isKept {
            #expect(
                packed
                    == all.flatMap { [UInt8($0.bitPattern & 0xff), UInt8($0.bitPattern >> 8)] })
        }
    }

    @Test(
        arguments: ISA.available,
        [0.1, 65520, 1e-8, .leastNonzeroMagnitude, 1 + 0x1p-11, .infinity.nextDown])
    func `what is not binary16 is found, wherever it stands`(isa: ISA, number: Float) {
        for place in [0, 17, 47] {
            var numbers = [Float](repeating: 0.5, count: 48)
            numbers[place] = number
            var packed = [UInt8](repeating: 0, count: 96)
            var out = packed.mutableSpan
            let isKept = dd_pack_halves(isa.code, numbers.span, &out) != 0
            #expect(!isKept)
        }
    }
}
