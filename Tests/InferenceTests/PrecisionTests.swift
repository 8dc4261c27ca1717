import Testing

@testable import Inference

/// Which precision is taken, and what is said of it.
struct PrecisionTests {
    private func choose(
        _ choice: Precision.Choice, isa: ISA = .avx512, hasRanges: Bool = true,
        _ available: Set<Format.Element> = [.float, .bfloat16, .byte]
    ) -> Precision.Decision {
        Precision.choose(choice, isa: isa, hasRanges: hasRanges) { available.contains($0) }
    }

    @Test func `what is asked for and can be had is taken`() {
        #expect(choose(.fp32).precision == .fp32)
        #expect(choose(.bf16).precision == .bf16)
        #expect(choose(.int8).precision == .int8)
        #expect(!choose(.int8).isSubstitute)
    }

    @Test func `fp32 stands in for what the CPU lacks, and says so`() {
        let decision = choose(.bf16, [.float, .byte])
        #expect(decision.precision == .fp32)
        #expect(decision.isSubstitute)
        #expect(decision.reason == "not bf16: this CPU lacks AVX512_BF16")
        #expect(choose(.int8, [.float]).reason == "not int8: this CPU lacks AVX512_VNNI")
        #expect(choose(.int8, isa: .avx2).reason.hasSuffix("with the instruction set avx2"))
    }

    @Test func `int8 without calibration is refused by name`() {
        let decision = choose(.int8, hasRanges: false)
        #expect(decision.precision == .fp32)
        #expect(decision.reason.contains("dynadetect calibrate"))
    }

    @Test func `auto takes the fastest that can be had`() {
        #expect(choose(.auto).precision == .int8)
        #expect(choose(.auto, hasRanges: false).precision == .bf16)
        #expect(choose(.auto, hasRanges: false, [.float, .byte]).precision == .fp32)
        #expect(choose(.auto, isa: .baseline).precision == .fp32)
        #expect(!choose(.auto, isa: .baseline).isSubstitute)
    }

    @Test(arguments: [Float(-0.28)...3.7, 0...1, -2 ... -1, 0...0, -1...0])
    func `a range's bytes hold its ends, and zero exactly`(range: ClosedRange<Float>) {
        let format = Format.bytes(for: range)
        #expect(Reference.rounded(0, to: format) == 0)
        for end in [range.lowerBound, range.upperBound] {
            let stored = Reference.rounded(Double(end), to: format)
            #expect(abs(stored - Double(end)) <= Double(format.scale) * 0.51)
        }
    }
}
