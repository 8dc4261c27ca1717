import Testing

@testable import Inference

struct PlanTests {
    private func plan(_ sample: SampleGraph, _ height: Int, _ width: Int) throws -> Plan {
        try Network(sample.make()).plan(height: height, width: width)
    }

    @Test(arguments: SampleGraph.allCases)
    func `no two regions in use at the same time overlap`(sample: SampleGraph) throws {
        let claims = try plan(sample, 12, 18).claims
        for (i, a) in claims.enumerated() {
            for b in claims[..<i] where a.steps.overlaps(b.steps) {
                #expect(
                    a.region.offset + a.region.count <= b.region.offset
                        || b.region.offset + b.region.count <= a.region.offset)
            }
        }
    }

    @Test(arguments: SampleGraph.allCases)
    func `every region lies in the arena, at a cache line`(sample: SampleGraph) throws {
        let plan = try plan(sample, 12, 18)
        for claim in plan.claims {
            #expect(claim.region.offset >= 0)
            #expect(claim.region.offset + claim.region.count <= plan.count)
            #expect(claim.region.offset.isMultiple(of: 16))
        }
        #expect(plan.claims.contains { $0.steps.lowerBound == -1 })
    }

    @Test func `the same shape gives the same plan`() throws {
        let first = try plan(.mixedWithResidual, 24, 40)
        let second = try plan(.mixedWithResidual, 24, 40)
        #expect(first.claims.map(\.region) == second.claims.map(\.region))
        #expect(first.sections.map(\.items) == second.sections.map(\.items))
    }

    @Test func `memory is used again when its value is dead`() throws {
        var graph = Graph()
        var value = try graph.add(.convolution(.make(3, 16)), graph.input)
        for _ in 0..<8 { value = try graph.add(.convolution(.make(16, 16)), value) }
        graph.setOutputs([value])
        let plan = try Network(graph).plan(height: 32, width: 32)
        // Two activations at a time, whatever the depth.
        #expect(plan.count <= 2 * Region.padded(34 * 34 * 16) + 34 * 34 * 4)
    }

    @Test func `a halo is as wide as the widest padding among the readers`() throws {
        let program = try Program(SampleGraph.wideHalo.make(), isa: .baseline)
        #expect(program.buffers.map(\.halo).max() == 3)
        #expect(
            try Program(SampleGraph.sppf.make(), isa: .baseline).buffers.map(\.halo) == [0, 0, 0])
    }
}
