import Testing

@testable import Inference

struct TilingTests {
    @Test(arguments: [
        Tiling(groups: 3, height: 17, productsOfRow: 1 << 20, weightsCount: 1, inputCount: 2),
        Tiling(groups: 5, height: 80, productsOfRow: 1 << 18, weightsCount: 2, inputCount: 1),
        Tiling(groups: 1, height: 1, productsOfRow: 1, weightsCount: 2, inputCount: 1),
        Tiling(groups: 2, height: 320, productsOfRow: 9_000_000, weightsCount: 2, inputCount: 1),
        Tiling(blocks: 7, height: 33, floatsOfRow: 5000),
        Tiling(blocks: 1, height: 5, floatsOfRow: 0),
    ])
    func `items cover each row of each column once`(tiling: Tiling) {
        var seen = [[Int]](
            repeating: Array(repeating: 0, count: tiling.height), count: tiling.columns)
        for item in 0..<tiling.items {
            let (column, rows) = tiling.range(of: item)
            #expect(!rows.isEmpty)
            for row in rows { seen[column][row] += 1 }
        }
        #expect(seen.allSatisfy { $0.allSatisfy { $0 == 1 } })
    }

    @Test func `a large layer gives several threads enough to do, a small one is left whole`() {
        // 3×3, 64 → 64 channels at 80×80, and 1×1, 16 → 16 at 4×4.
        let large = Tiling(
            groups: 2, height: 80, productsOfRow: 80 * 64 * 9 * 32, weightsCount: 36_864,
            inputCount: 430_000)
        #expect((16...64).contains(large.items))
        let small = Tiling(
            groups: 1, height: 4, productsOfRow: 4 * 16 * 16, weightsCount: 256, inputCount: 256)
        #expect(small.items == 1)
    }
}
