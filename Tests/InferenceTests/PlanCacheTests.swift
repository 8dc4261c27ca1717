import Testing

@testable import Inference

struct PlanCacheTests {
    private func make(_ width: Int) throws -> Plan {
        try Plan(
            Program(SampleGraph.stem.make(), isa: .baseline), of: SampleGraph.stem.make(),
            kernels: Kernels(.baseline), height: 8, width: width, cuts: CutTable())
    }

    @Test func `the plan unused for longest makes room`() throws {
        let cache = PlanCache(plansMax: 2)
        let plans = try [8, 9, 10].map(make)
        for plan in [plans[0], plans[1], plans[0], plans[2]] {
            _ = try cache.plan(height: 8, width: plan.width) { () throws(GraphError) in plan }
        }
        #expect(cache.count == 2)
        #expect(cache.holds(height: 8, width: 8))
        #expect(!cache.holds(height: 8, width: 9))
        #expect(cache.holds(height: 8, width: 10))
    }

    @Test func `a kept plan is not made again`() throws {
        let cache = PlanCache(plansMax: 2)
        let plan = try make(8)
        var made = 0
        for _ in 0..<3 {
            let found = try cache.plan(height: 8, width: 8) { () throws(GraphError) in
                made += 1
                return plan
            }
            #expect(found === plan)
        }
        #expect(made == 1)
    }

    @Test func `a plan that cannot be made is not kept`() {
        let cache = PlanCache(plansMax: 2)
        let error = GraphError.shape(reason: "no")
        #expect(throws: error) {
            try cache.plan(height: 8, width: 8) { () throws(GraphError) in throw error }
        }
        #expect(cache.count == 0)
    }

    @Test func `the answer is the same after eviction`() throws {
        let network = try Network(SampleGraph.mixed.make(), plansMax: 1)
        let pictures = Network.makePictures(1, height: 8, width: 8)
        let first = try network.outputs(of: pictures, height: 8, width: 8)
        _ = try network.plan(height: 9, width: 9)
        #expect(!network.plans.holds(height: 8, width: 8))
        #expect(try network.outputs(of: pictures, height: 8, width: 8) == first)
    }
}
