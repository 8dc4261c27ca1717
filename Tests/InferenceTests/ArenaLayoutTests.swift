import Testing

@testable import Inference

struct ArenaLayoutTests {
    typealias Need = ArenaLayout.Need

    @Test func `needs at different times share memory`() {
        let layout = ArenaLayout([
            Need(count: 100, steps: 0...1), Need(count: 100, steps: 1...2),
            Need(count: 100, steps: 2...3),
        ])
        #expect(layout.count == 2 * 112)
        #expect(layout.offsets[0] == layout.offsets[2])
    }

    @Test func `the smallest gap that holds a need is taken`() {
        let layout = ArenaLayout([
            Need(count: 320, steps: 0...0), Need(count: 160, steps: 0...1),
            Need(count: 96, steps: 0...0), Need(count: 80, steps: 0...1),
            Need(count: 64, steps: 1...1),
        ])
        // At step 1 are free 320 floats before the 160, and 96 between the 160 and the 80.
        #expect(layout.offsets == [0, 320, 480, 576, 480])
    }

    @Test(arguments: 0..<20)
    func `needs at the same time are apart, on cache lines, in no more than their sum`(seed: UInt64)
    {
        var noise = SeededNoise(seed: seed)
        let needs = (0..<60).map { _ in
            let start = Int.random(in: -1..<30, using: &noise)
            return Need(
                count: Int.random(in: 1..<5000, using: &noise),
                steps: start...Int.random(in: start...30, using: &noise))
        }
        let layout = ArenaLayout(needs)
        #expect(layout == ArenaLayout(needs))
        for i in needs.indices {
            #expect(layout.offsets[i].isMultiple(of: 16))
            for j in 0..<i where needs[i].steps.overlaps(needs[j].steps) {
                #expect(
                    layout.offsets[i] + needs[i].count <= layout.offsets[j]
                        || layout.offsets[j] + needs[j].count <= layout.offsets[i])
            }
        }
        #expect(layout.count <= needs.reduce(0) { $0 + Region.padded($1.count) })
    }
}
