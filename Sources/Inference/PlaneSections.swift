import CKernels

/// A section that writes whole blocks of a value by rows, and the zeros around them.
protocol PlaneSection: Section {
    var output: PlaneMap { get }
    /// Writes rows of one block, of values all in floats.
    func write(block: Int, rows: Range<Int>, to out: inout MutableSpan<Float>, in arena: Arena)
    /// Writes rows of one block, of values some of which are narrow.
    func write(block: Int, rows: Range<Int>, narrow out: inout MutableSpan<UInt8>, in arena: Arena)
    /// Whether any of its values is.
    var isNarrow: Bool { get }
}

extension PlaneMap {
    /// Writes zero beside rows of some blocks.
    func clearHalo(blocks: Range<Int>, rows: Range<Int>, in arena: Arena) {
        if isNarrow {
            var out = arena.mutableBytes(region)
            Kernels.clear(&out, narrow, blocks: blocks, rows: rows)
        } else {
            var out = arena.mutableSpan(region)
            Kernels.clearHalo(of: &out, planes, blocks: blocks, rows: rows)
        }
    }
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
        if isNarrow {
            var out = arena.mutableBytes(output.region)
            write(block: block, rows: rows, narrow: &out, in: arena)
        } else {
            var out = arena.mutableSpan(output.region)
            write(block: block, rows: rows, to: &out, in: arena)
        }
        output.clearHalo(blocks: block..<block + 1, rows: rows, in: arena)
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

    var isNarrow: Bool { left.isNarrow || right.isNarrow || output.isNarrow }

    func write(block: Int, rows: Range<Int>, narrow out: inout MutableSpan<UInt8>, in arena: Arena)
    {
        Kernels.add(
            arena.bytes(left.region), left.narrow, arena.bytes(right.region), right.narrow,
            block: block, rows: rows, to: &out, output.narrow)
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

    var isNarrow: Bool { input.isNarrow || output.isNarrow }

    func write(block: Int, rows: Range<Int>, narrow out: inout MutableSpan<UInt8>, in arena: Arena)
    {
        Kernels.maxPool(
            arena.bytes(input.region), input.narrow, kernel: kernel, stride: stride,
            padding: padding, block: block, rows: rows, to: &out, output.narrow)
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

    var isNarrow: Bool { input.isNarrow || output.isNarrow }

    func write(block: Int, rows: Range<Int>, narrow out: inout MutableSpan<UInt8>, in arena: Arena)
    {
        Kernels.upsample(
            arena.bytes(input.region), input.narrow, factor: factor, block: block, rows: rows,
            to: &out, output.narrow)
    }
}

/// Channels moved as they are, by rows: for what cannot be written where it is read.
struct CopySection: Section {
    let kind = SectionKind.copy
    let input: PlaneMap
    let output: PlaneMap
    let runs: [Program.Work.Run]
    /// Whether every lane of the output is written.
    private let isWhole: Bool
    private let tiling: Tiling

    init(input: PlaneMap, output: PlaneMap, runs: [Program.Work.Run]) {
        self.input = input
        self.output = output
        self.runs = runs
        isWhole =
            runs.reduce(0) { $0 + $1.count } == Int(output.planes.blocks * output.planes.lanes)
        tiling = Tiling(
            blocks: 1, height: Int(output.planes.height),
            floatsOfRow: output.rowFloats * Int(output.planes.blocks))
    }

    var items: Int { tiling.items }

    func run(item: Int, in arena: Arena, seat: Region) {
        let rows = tiling.range(of: item).rows
        if input.isNarrow || output.isNarrow {
            copyNarrow(rows, in: arena)
        } else {
            var out = arena.mutableSpan(output.region)
            for index in runs.indices {
                let run = runs[index]
                Kernels.copy(
                    arena.span(input.region), input.planes, from: run.from, channels: run.count,
                    rows: rows, to: &out, output.planes, at: run.to)
            }
        }
        output.clearHalo(blocks: 0..<Int(output.planes.blocks), rows: rows, in: arena)
    }

    private func copyNarrow(_ rows: Range<Int>, in arena: Arena) {
        var out = arena.mutableBytes(output.region)
        if !isWhole {
            // Narrow kernels read lanes that are no channels, times a weight of zero.
            Kernels.clear(
                &out, output.narrow, blocks: 0..<Int(output.planes.blocks), rows: rows,
                whole: true)
        }
        for index in runs.indices {
            let run = runs[index]
            Kernels.copy(
                arena.bytes(input.region), input.narrow, from: run.from, channels: run.count,
                rows: rows, to: &out, output.narrow, at: run.to)
        }
    }
}
