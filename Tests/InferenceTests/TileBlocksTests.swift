import Testing

@testable import Inference

struct TileBlocksTests {
    @Test(arguments: [
        TileBlocks(height: 80, width: 80, groups: 2),
        TileBlocks(height: 20, width: 20, groups: 4),
        TileBlocks(height: 1, width: 1, groups: 1),
        TileBlocks(height: 13, width: 17, groups: 5),
        TileBlocks(height: 3, width: 200, groups: 3),
        .shared(height: 20, width: 17, groups: 5, groupsOfItem: 2),
    ])
    func `items cover each tile of each group, and each row, once`(blocks: TileBlocks) {
        var seen = [[Int]](
            repeating: Array(repeating: 0, count: blocks.tiles), count: blocks.groups)
        let height = blocks.tiles / blocks.across * 4
        var rows = [[Int]](repeating: Array(repeating: 0, count: height), count: blocks.groups)
        for item in 0..<blocks.items {
            let (tiles, groups) = blocks.range(of: item)
            #expect(!tiles.isEmpty && !groups.isEmpty && tiles.count <= blocks.tilesOfItem)
            for group in groups {
                for tile in tiles { seen[group][tile] += 1 }
                for row in blocks.rows(beginningIn: tiles, height: height) { rows[group][row] += 1 }
            }
        }
        #expect(seen.allSatisfy { $0.allSatisfy { $0 == 1 } })
        #expect(rows.allSatisfy { $0.allSatisfy { $0 == 1 } })
    }

    @Test func `rows end with the picture`() {
        let blocks = TileBlocks(height: 13, width: 8, groups: 1)
        #expect(blocks.rows(beginningIn: 6..<8, height: 13) == 12..<13)
        #expect(blocks.rows(beginningIn: 1..<2, height: 13).isEmpty)
    }

    @Test func `an input is transformed once where its tiles are few and its groups many`() {
        #expect(TileBlocks(height: 20, width: 20, groups: 4).sharesTransform)
        #expect(!TileBlocks(height: 20, width: 20, groups: 2).sharesTransform)
        #expect(!TileBlocks(height: 40, width: 40, groups: 8).sharesTransform)
    }

    @Test func `a small picture of many channels gives several threads enough to do`() {
        // 20×20, 128 → 128 channels.
        #expect(TileBlocks(height: 20, width: 20, groups: 4).items >= 4)
    }
}
