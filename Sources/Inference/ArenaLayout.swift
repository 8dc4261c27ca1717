/// Where each block of memory lies in an arena, so that those in use at the same time are apart.
///
/// Largest first, each into the smallest gap that holds it, else behind all that it must avoid.
/// Quadratic in the count. The same input gives the same layout.
struct ArenaLayout: Equatable {
    /// A need for memory: so many floats from one step to another, both included.
    struct Need: Equatable {
        let count: Int
        let steps: ClosedRange<Int>
    }

    /// By need.
    let offsets: [Int]
    /// Floats in all.
    let count: Int

    init(_ needs: [Need]) {
        var offsets = [Int](repeating: 0, count: needs.count)
        var placed: [Int] = []  // by offset
        var end = 0
        let order = needs.indices.sorted { (needs[$1].count, $0) < (needs[$0].count, $1) }
        for need in order {
            let count = Region.padded(needs[need].count)
            var free = 0
            var best: (offset: Int, gap: Int)?
            for other in placed where needs[other].steps.overlaps(needs[need].steps) {
                let gap = offsets[other] - free
                if gap >= count, gap < best?.gap ?? .max { best = (free, gap) }
                free = max(free, offsets[other] + Region.padded(needs[other].count))
            }
            let offset = best?.offset ?? free
            offsets[need] = offset
            end = max(end, offset + count)
            let index = placed.firstIndex { offsets[$0] > offset } ?? placed.count
            placed.insert(need, at: index)
        }
        self.offsets = offsets
        count = end
    }
}
