/// How a step's output is cut into items for the threads: some blocks, some rows each.
///
/// An item should be long enough to be worth its start (some 10 µs) and short enough that a few
/// threads finish together. What an item computes does not depend on the cut.
struct Tiling: Sendable, Equatable {
    /// Blocks, or groups of blocks.
    let columns: Int
    let height: Int
    let rows: Int  // in an item; the last may have fewer
    /// Whether the items of one column follow each other: then its weights stay in the cache, else
    /// the rows of the input do.
    let isColumnFirst: Bool

    var rowBlocks: Int { (height + rows - 1) / rows }
    var items: Int { columns * rowBlocks }

    /// The column and rows of an item.
    func range(of item: Int) -> (column: Int, rows: Range<Int>) {
        let column = isColumnFirst ? item / rowBlocks : item % columns
        let start = (isColumnFirst ? item % rowBlocks : item / columns) * rows
        return (column, start..<min(start + rows, height))
    }

    var cut: Cut { Cut(run: rows, groups: isColumnFirst ? 0 : 1) }
    var candidates: [Cut] {
        [1, 2, 4, 8, 12, 20, 40].flatMap { [Cut(run: $0, groups: 0), Cut(run: $0, groups: 1)] }
    }

    init(columns: Int, height: Int, cut: Cut) {
        self.columns = columns
        self.height = height
        rows = min(cut.run, height)
        isColumnFirst = cut.groups == 0
    }

    /// For work that is `costOfRow` a row and column, about `cost` an item.
    private init(columns: Int, height: Int, cost: Int, costOfRow: Int, isColumnFirst: Bool) {
        self.columns = columns
        self.height = height
        self.isColumnFirst = isColumnFirst
        let wanted = min(max(cost / max(costOfRow, 1), 1), height)
        // Even parts: 20 rows are 10 + 10 and not 14 + 6; whole Winograd tiles where there are many.
        let parts = (height + wanted - 1) / wanted
        let even = (height + parts - 1) / parts
        rows = even > 4 ? (even + 3) / 4 * 4 : even
    }

    /// For a convolution.
    ///
    /// At 50 GMAC/s a million products are 20 µs. Sixteen items to a step serve eight threads; more
    /// than eight million products are cut further, so that what an item reads stays in a cache of
    /// 1 MiB.
    init(
        groups: Int, height: Int, productsOfRow: Int, weightsCount: Int, inputCount: Int
    ) {
        let total = productsOfRow * groups * height
        self.init(
            columns: groups, height: height, cost: min(max(total / 16, 1 << 20), 1 << 23),
            costOfRow: productsOfRow, isColumnFirst: weightsCount > inputCount)
    }

    /// For what moves floats: 32 Ki floats (128 KiB) an item.
    init(blocks: Int, height: Int, floatsOfRow: Int) {
        self.init(
            columns: blocks, height: height, cost: 1 << 15, costOfRow: floatsOfRow,
            isColumnFirst: true)
    }
}
