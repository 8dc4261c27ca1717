import Testing

@testable import Inference

struct ISATests {
    @Test func `every CPU runs the baseline`() { #expect(ISA.available.first == .baseline) }

    @Test(arguments: [nil, ""])
    func `nothing asked for is the best there is`(asked: String?) throws {
        #expect(try ISA.resolve(asked) == ISA.available.last)
    }

    @Test(arguments: ISA.available)
    func `an instruction set is found by its name`(isa: ISA) throws {
        #expect(try ISA.resolve(isa.rawValue) == isa)
    }

    @Test(arguments: ["sse9", "AVX2", " avx2"])
    func `an unknown name is refused`(name: String) {
        #expect(throws: ISAError.unknown(name)) { try ISA.resolve(name) }
        #expect(ISAError.unknown(name).description.contains("baseline"))
    }

    @Test func `what this CPU cannot run is refused`() {
        for isa in ISA.allCases where !ISA.available.contains(isa) {
            #expect(throws: ISAError.unavailable(isa)) { try ISA.resolve(isa.rawValue) }
            #expect(ISAError.unavailable(isa).description.contains(isa.rawValue))
        }
    }
}
