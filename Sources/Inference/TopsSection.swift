import CKernels

/// The largest number in each row of the outputs that are searched, some rows of one output an item.
struct TopsSection: Section {
    private struct Part {
        let output: Plan.Output
        let tops: Region
        let rows: Range<Int>
    }

    private let parts: [Part]
    private let kernels: Kernels

    /// - tops: for each output (blocks, height), where it is searched.
    init(_ outputs: [(output: Plan.Output, tops: Region)], kernels: Kernels) {
        self.kernels = kernels
        parts = outputs.flatMap { output, tops in
            let planes = output.map.planes
            let tiling = Tiling(
                blocks: 1, height: Int(planes.height),
                floatsOfRow: Int(planes.blocks) * output.map.rowFloats)
            return (0..<tiling.items).map {
                Part(output: output, tops: tops, rows: tiling.range(of: $0).rows)
            }
        }
    }

    var kind: SectionKind { .tops }
    var items: Int { parts.count }

    func run(item: Int, in arena: Arena, seat: Region) {
        let part = parts[item]
        var tops = arena.mutableSpan(part.tops)
        kernels.tops(
            arena.span(part.output.map.region), part.output.map.planes,
            channels: part.output.channels, rows: part.rows, to: &tops)
    }
}
