import CKernels

/// How the tiles of a Winograd convolution are cut into items for the threads: some tiles, and all
/// groups of output blocks or a part of them.
///
/// What an item computes does not depend on the cut.
struct TileBlocks: Sendable, Equatable {
    /// Tiles in a row of the output.
    let across: Int
    /// Tiles in all.
    let tiles: Int
    /// Of an item, at most.
    let tilesOfItem: Int
    let groups: Int
    /// Of an item, at most.
    let groupsOfItem: Int

    private var columns: Int { (groups + groupsOfItem - 1) / groupsOfItem }
    var items: Int { (tiles + tilesOfItem - 1) / tilesOfItem * columns }

    /// The tiles and groups of an item; parts of the same tiles follow each other.
    func range(of item: Int) -> (tiles: Range<Int>, groups: Range<Int>) {
        let tile = item / columns * tilesOfItem
        let group = item % columns * groupsOfItem
        return (
            tile..<min(tile + tilesOfItem, tiles), group..<min(group + groupsOfItem, groups)
        )
    }

    /// Rows of the output, of `height`, whose first tile is among `tiles`: each row is of one item.
    func rows(beginningIn tiles: Range<Int>, height: Int) -> Range<Int> {
        let first = (tiles.lowerBound + across - 1) / across
        let end = (tiles.upperBound + across - 1) / across
        return min(first * Self.side, height)..<min(end * Self.side, height)
    }

    /// Pixels of a tile's side.
    static let side = 4
    /// Floats of a transformed tile of a convolution of that stride.
    static func tileFloats(stride: Int) -> Int {
        Int(stride == 2 ? DD_WINOGRAD_HALVED_TILE : DD_WINOGRAD_TILE)
    }

    init(height: Int, width: Int, groups: Int, tilesOfItem: Int, groupsOfItem: Int) {
        across = (width + Self.side - 1) / Self.side
        tiles = across * ((height + Self.side - 1) / Self.side)
        self.tilesOfItem = min(tilesOfItem, tiles)
        self.groups = groups
        self.groupsOfItem = min(groupsOfItem, groups)
    }

    /// For a convolution.
    ///
    /// The kernels take up to 14 tiles at once, and do best with about so many: their transformed
    /// inputs and sums stay in the cache beside the weights. Few tiles are cut by groups too, for
    /// four threads; each part then transforms the input again.
    init(height: Int, width: Int, groups: Int) {
        let whole = TileBlocks(
            height: height, width: width, groups: groups, tilesOfItem: .max, groupsOfItem: .max)
        let parts = (whole.tiles + Self.tilesMax - 1) / Self.tilesMax
        self.init(
            height: height, width: width, groups: groups,
            tilesOfItem: (whole.tiles + parts - 1) / parts,
            groupsOfItem: parts < 4 ? (groups + 1) / 2 : groups)
    }

    private static let tilesMax = 14

    /// Whether the input is better transformed once, before the convolution, whose items are then all
    /// tiles of some groups: each thread reads but its own part of the weights, which are more than all
    /// else where there are few tiles and many channels, and reads it once.
    var sharesTransform: Bool { tiles <= 2 * Self.tilesMax && groups >= 4 }

    /// For a convolution whose input was transformed before.
    static func shared(height: Int, width: Int, groups: Int, groupsOfItem: Int = 1) -> TileBlocks {
        TileBlocks(
            height: height, width: width, groups: groups, tilesOfItem: .max,
            groupsOfItem: groupsOfItem)
    }
}
