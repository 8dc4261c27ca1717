import CKernels

/// A section that writes whole blocks of a value by rows, and the zeros around them.
protocol PlaneSection: Section {
    var output: PlaneMap { get }
    /// Writes rows of one block.
    func write(block: Int, rows: Range<Int>, to out: inout MutableSpan<Float>, in arena: Arena)
}

extension PlaneSection {
    private var tiling: Tiling {
        Tiling(
            blocks: Int(output.planes.blocks), height: Int(output.planes.height),
            floatsOfRow: output.rowFloats)
    }

    var items: Int { tiling.items }

    func run(item: Int, in arena: Arena, seat: Region) {
        let (block, rows) = tiling.range(of: item)
        var out = arena.mutableSpan(output.region)
        write(block: block, rows: rows, to: &out, in: arena)
        Kernels.clearHalo(of: &out, output.planes, blocks: block..<block + 1, rows: rows)
    }
}

struct AddSection: PlaneSection {
    let kind = SectionKind.add
    let left: PlaneMap
    let right: PlaneMap
    let output: PlaneMap
    let kernels: Kernels

    func write(block: Int, rows: Range<Int>, to out: inout MutableSpan<Float>, in arena: Arena) {
        kernels.add(
            arena.span(left.region), left.planes, arena.span(right.region), right.planes,
            block: block, rows: rows, to: &out, output.planes)
    }
}

struct MaxPoolSection: PlaneSection {
    let kind = SectionKind.maxPool
    let input: PlaneMap
    let output: PlaneMap
    let kernel: Int
    let stride: Int
    let padding: Int
    let kernels: Kernels

    func write(block: Int, rows: Range<Int>, to out: inout MutableSpan<Float>, in arena: Arena) {
        kernels.maxPool(
            arena.span(input.region), input.planes, kernel: kernel, stride: stride,
            padding: padding, block: block, rows: rows, to: &out, output.planes)
    }
}

struct UpsampleSection: PlaneSection {
    let kind = SectionKind.upsample
    let input: PlaneMap
    let output: PlaneMap
    let factor: Int
    let kernels: Kernels

    func write(block: Int, rows: Range<Int>, to out: inout MutableSpan<Float>, in arena: Arena) {
        kernels.upsample(
            arena.span(input.region), input.planes, factor: factor, block: block, rows: rows,
            to: &out, output.planes)
    }
}

/// Channels moved as they are, by rows: for what cannot be written where it is read.
struct CopySection: Section {
    let kind = SectionKind.copy
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

    func run(item: Int, in arena: Arena, seat: Region) {
        let rows = tiling.range(of: item).rows
        var out = arena.mutableSpan(output.region)
        for index in runs.indices {
            let run = runs[index]
            Kernels.copy(
                arena.span(input.region), input.planes, from: run.from, channels: run.count,
                rows: rows, to: &out, output.planes, at: run.to)
        }
        Kernels.clearHalo(
            of: &out, output.planes, blocks: 0..<Int(output.planes.blocks), rows: rows)
    }
}
