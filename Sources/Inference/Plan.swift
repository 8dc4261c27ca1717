import CKernels

/// A program for pictures of one height and width: where everything lies in the arena, and the
/// sections of a pass in their order.
///
/// It does not change, and all workers share it.
final class Plan: Sendable {
    let height: Int
    let width: Int
    /// Floats of the arena, without the seats'.
    let count: Int
    /// Floats beside them that each thread needs for itself.
    let seatCount: Int
    let input: PlaneMap
    let inputChannels: Int
    /// Whether pixels stay the bytes that they come in, (height, width, 3) where the input lies.
    let keepsPixels: Bool
    let kernels: Kernels
    let sections: [any Section]
    /// For each section what it is a part of.
    let labels: [SectionLabel]
    let outputs: [Output]
    /// What is in use when, for tests: a region and the steps from first write to last read.
    let claims: [(region: Region, steps: ClosedRange<Int>)]

    struct Output: Sendable {
        let map: PlaneMap
        let channels: Int
        /// Where the largest number of each row is found, (blocks, height); nil where nobody searches.
        let tops: Region?
    }

    /// - Throws: ``GraphError/shape(reason:)`` when maps do not fit each other or memory's limit.
    init(
        _ program: Program, of graph: Graph, kernels: Kernels, height: Int, width: Int,
        cuts: CutTable
    ) throws(GraphError) {
        let shapes = try graph.shapes(height: height, width: width)
        let planes = program.buffers.map { buffer in
            dd_planes(
                // In range: channels, sides and paddings were checked.
                blocks: Int32(buffer.blocks), height: Int32(shapes[buffer.value].height),
                width: Int32(shapes[buffer.value].width), halo: Int32(buffer.halo),
                lanes: Int32(buffer.lanes))
        }
        var needs: [ArenaLayout.Need] = []
        for (buffer, planes) in zip(program.buffers, planes) {
            needs.append(
                ArenaLayout.Need(count: buffer.format.floats(planes), steps: buffer.life))
        }
        // All that a step needs beside values, behind the buffers in `needs`.
        var scratch: [Int: Int] = [:]
        for (index, step) in program.steps.enumerated() {
            guard case .convolution(let packed, _, let output, _) = step.work else { continue }
            let need = StepScratch(packed, output: planes[output.buffer])
            guard need.count > 0 else { continue }
            scratch[index] = needs.count
            needs.append(ArenaLayout.Need(count: need.count, steps: index...index))
        }
        // The same of what is found in outputs.
        var tops: [Int: Int] = [:]
        for index in program.searchedOutputs {
            let planes = planes[program.outputs[index].place.buffer]
            let blocks = program.outputs[index].place.blocks
            tops[index] = needs.count
            needs.append(
                ArenaLayout.Need(
                    count: blocks * Int(planes.height),
                    steps: program.steps.count...program.steps.count))
        }
        let most = GraphLimits.planBytesMax / MemoryLayout<Float>.stride
        guard needs.allSatisfy({ $0.count <= most }) else { throw Self.tooLarge(height, width) }
        let layout = ArenaLayout(needs)
        guard layout.count <= most else { throw Self.tooLarge(height, width) }

        let maps = planes.indices.map { index in
            let format = program.buffers[index].format
            return PlaneMap(
                planes: planes[index], format: format,
                region: Region(
                    offset: layout.offsets[index], count: format.floats(planes[index])))
        }
        func map(_ place: Program.Place) -> PlaneMap {
            maps[place.buffer].blocks(place.block, place.blocks)
        }
        let pictureStep = program.pictureStep
        var sections: [any Section] = []
        var labels: [SectionLabel] = []
        for (index, step) in program.steps.enumerated() {
            let scratch = scratch[index].map { layout.offsets[$0] }
            let parts = step.work.sections(
                map, scratch: scratch, readsPixels: index == pictureStep, kernels: kernels,
                cuts: cuts)
            sections += parts
            labels += parts.map { SectionLabel(step, $0.kind, output: map(step.work.output)) }
        }
        outputs = program.outputs.enumerated().map { index, output in
            Output(
                map: map(output.place), channels: output.channels,
                tops: tops[index].map {
                    Region(offset: layout.offsets[$0], count: needs[$0].count)
                })
        }
        let searched = outputs.compactMap { output in output.tops.map { (output, $0) } }
        if !searched.isEmpty {
            sections.append(TopsSection(searched, kernels: kernels))
            labels.append(SectionLabel(searching: searched[0].0))
        }
        self.height = height
        self.width = width
        count = layout.count
        input = map(program.input)
        inputChannels = program.inputChannels
        keepsPixels = pictureStep != nil
        self.kernels = kernels
        self.sections = sections
        self.labels = labels
        seatCount = Region.padded(sections.map(\.seatCount).max() ?? 0)
        guard seatCount <= most - layout.count else { throw Self.tooLarge(height, width) }
        claims = zip(needs, layout.offsets).map { need, offset in
            (Region(offset: offset, count: need.count), need.steps)
        }
    }

    private static func tooLarge(_ height: Int, _ width: Int) -> GraphError {
        .shape(
            reason: "a pass over \(height)×\(width) (height×width) needs more than "
                + "\(GraphLimits.planBytesMax >> 20) MiB")
    }
}

/// A value's planes and where they lie.
struct PlaneMap: Sendable {
    let planes: dd_planes
    let format: Format
    let region: Region

    /// Planes and format, as the narrow kernels take them.
    var narrow: dd_narrow_planes { dd_narrow_planes(planes: planes, format: format.code) }
    var isNarrow: Bool { format.element != .float }

    /// Some of the planes.
    func blocks(_ first: Int, _ count: Int) -> PlaneMap {
        var part = planes
        part.blocks = Int32(count)
        let plane = region.count / Int(planes.blocks)
        return PlaneMap(
            planes: part, format: format, region: region.part(first * plane, count * plane))
    }

    /// Floats of a row, without its halo.
    var rowFloats: Int { Int(planes.width) * Int(planes.lanes) }
}

extension Format {
    /// The memory of planes, in floats: pixels are at least 4 bytes.
    func floats(_ planes: dd_planes) -> Int { planes.floats * element.size / 4 }
}

extension dd_planes {
    var planeFloats: Int {
        (Int(height) + 2 * Int(halo)) * (Int(width) + 2 * Int(halo)) * Int(lanes)
    }

    /// Below 2^53: sides are below 2^17, blocks and lanes at most 2^20 together.
    var floats: Int { Int(blocks) * planeFloats }
}

/// What a convolution's scratch memory holds.
struct StepScratch {
    /// Nil for a constant kernel.
    let mix: MixScratch?
    /// Whether each item mixes what its groups read, in its seat's memory: where the tiles are shared,
    /// an item is all tiles of some groups, and a group's kernel is small enough for a core's own cache.
    let mixesGroups: Bool
    /// The input's tiles in Winograd's way, transformed once for all items; nil where each item
    /// transforms its own.
    let tiles: Region?
    let count: Int

    init(_ packed: PackedConvolution, output: dd_planes, at start: Int = 0) {
        let blocks = TileBlocks(
            height: Int(output.height), width: Int(output.width), groups: packed.groups.count)
        let sharesTransform = packed.algorithm == .winograd && blocks.sharesTransform
        mixesGroups =
            sharesTransform && packed.routing != nil
            && packed.groups[0].read.count <= Self.groupCountMax
        mix = MixScratch(packed, holdsKernel: !mixesGroups, at: start)
        let end = start + (mix?.count ?? 0)
        if sharesTransform {
            let tile = TileBlocks.tileFloats(stride: packed.geometry.stride.height)
            let tiles = Region(
                offset: end, count: packed.inputLayout.blocks * blocks.tiles * tile)
            self.tiles = tiles
            count = end + Region.padded(tiles.count) - start
        } else {
            tiles = nil
            count = end - start
        }
    }
}

extension StepScratch {
    /// 1 MiB.
    private static let groupCountMax = 1 << 18
}

/// Where in a step's scratch memory the parts of a mixed kernel lie.
struct MixScratch {
    let means: Region
    let hidden: Region
    let scores: Region  // α once finished
    let bias: Region
    /// Of a narrow kernel; empty for floats.
    let scales: Region
    /// Empty where each item mixes its part.
    let kernel: Region
    let count: Int

    /// Nil for a constant kernel.
    init?(_ packed: PackedConvolution, holdsKernel: Bool, at start: Int) {
        guard let routing = packed.routing else { return nil }
        var end = start
        func next(_ count: Int) -> Region {
            defer { end += Region.padded(count) }
            return Region(offset: end, count: count)
        }
        let lanes = ChannelLayout.blockChannels
        means = next(packed.inputLayout.blocks * lanes)
        hidden = next(routing.hidden?.outputs ?? 0)
        scores = next(packed.experts)
        bias = next(packed.outputLayout.blocks * lanes)
        scales = next(packed.scales.count)
        kernel = next(holdsKernel ? (packed.readCount * packed.element.size + 3) / 4 : 0)
        count = end - start
    }
}
