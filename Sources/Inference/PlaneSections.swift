import CKernels

/// A section that writes whole blocks of a value by rows, and the zeros around them.
protocol PlaneSection: Section {
    var output: PlaneMap { get }
    /// Writes rows y0 ..< y1 of one block.
    func write(block: Int32, _ y0: Int32, _ y1: Int32, in arena: Arena)
}

extension PlaneSection {
    private var tiling: Tiling {
        Tiling(
            blocks: Int(output.planes.blocks), height: Int(output.planes.height),
            floatsOfRow: output.rowFloats)
    }

    var items: Int { tiling.items }

    func run(item: Int, in arena: Arena) {
        let (block, rows) = tiling.range(of: item)
        let (b, y0, y1) = (Int32(block), Int32(rows.lowerBound), Int32(rows.upperBound))
        write(block: b, y0, y1, in: arena)
        var out = arena.mutableSpan(output.region)
        dd_clear_halo(output.planes, b, b + 1, y0, y1, &out)
    }
}

struct AddSection: PlaneSection {
    let left: PlaneMap
    let right: PlaneMap
    let output: PlaneMap
    let isa: dd_isa

    func write(block: Int32, _ y0: Int32, _ y1: Int32, in arena: Arena) {
        var out = arena.mutableSpan(output.region)
        dd_add_rows(
            isa, left.planes, right.planes, output.planes, block, y0, y1, arena.span(left.region),
            arena.span(right.region), &out)
    }
}

struct MaxPoolSection: PlaneSection {
    let input: PlaneMap
    let output: PlaneMap
    let kernel: Int32
    let stride: Int32
    let padding: Int32
    let isa: dd_isa

    func write(block: Int32, _ y0: Int32, _ y1: Int32, in arena: Arena) {
        var out = arena.mutableSpan(output.region)
        dd_max_pool_rows(
            isa, input.planes, output.planes, kernel, stride, padding, block, y0, y1,
            arena.span(input.region), &out)
    }
}

struct UpsampleSection: PlaneSection {
    let input: PlaneMap
    let output: PlaneMap
    let factor: Int32
    let isa: dd_isa

    func write(block: Int32, _ y0: Int32, _ y1: Int32, in arena: Arena) {
        var out = arena.mutableSpan(output.region)
        dd_upsample_rows(
            isa, input.planes, output.planes, factor, block, y0, y1, arena.span(input.region), &out)
    }
}

/// Channels moved as they are, by rows: for what cannot be written where it is read.
struct CopySection: Section {
    let input: PlaneMap
    let output: PlaneMap
    let runs: [Program.Work.Run]
    private let tiling: Tiling

    init(input: PlaneMap, output: PlaneMap, runs: [Program.Work.Run]) {
        self.input = input
        self.output = output
        self.runs = runs
        tiling = Tiling(
            blocks: 1, height: Int(output.planes.height),
            floatsOfRow: output.rowFloats * Int(output.planes.blocks))
    }

    var items: Int { tiling.items }

    func run(item: Int, in arena: Arena) {
        let rows = tiling.range(of: item).rows
        let (y0, y1) = (Int32(rows.lowerBound), Int32(rows.upperBound))
        var out = arena.mutableSpan(output.region)
        for run in runs {
            dd_copy_rows(
                input.planes, output.planes, Int32(run.from), Int32(run.to), Int32(run.count), y0,
                y1, arena.span(input.region), &out)
        }
        dd_clear_halo(output.planes, 0, output.planes.blocks, y0, y1, &out)
    }
}
