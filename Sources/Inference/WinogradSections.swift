import CKernels

/// A 3×3 convolution of stride 1 or 2 in Winograd's way, with its activation, its residual and the zeros around what
/// it wrote: some tiles an item, from the transform of the input to the last store; or all tiles of some groups, from
/// tiles that ``WinogradInputSection`` has transformed.
///
/// Items of the latter kind mix their groups' kernels themselves, where these are to be mixed and a core's
/// cache holds one: what a group reads is then in the cache of who computes it, and in no other.
struct WinogradSection: CutSection {
    private let packed: PackedConvolution
    private let call: ConvolutionCall
    private var blocks: TileBlocks
    private let kernels: Kernels

    init(_ packed: PackedConvolution, _ call: ConvolutionCall, kernels: Kernels) {
        self.packed = packed
        self.call = call
        self.kernels = kernels
        let (height, width) = (Int(call.conv.out.height), Int(call.conv.out.width))
        let groups = packed.groups.count
        blocks =
            call.tiles == nil
            ? TileBlocks(height: height, width: width, groups: groups)
            : .shared(height: height, width: width, groups: groups)
    }

    var kind: SectionKind { call.mixesGroups ? .winogradMixing : .winograd }
    var items: Int { blocks.items }

    var shape: CutShape { CutShape(packed, call, kind) }
    var cut: Cut { Cut(run: blocks.tilesOfItem, groups: blocks.groupsOfItem) }
    var candidates: [Cut] {
        if call.tiles != nil { return [1, 2, 4].map { Cut(run: blocks.tiles, groups: $0) } }
        return [7, 10, 14, 20, 28, 42, 56].flatMap { tiles in
            [1, (blocks.groups + 1) / 2, blocks.groups].map { Cut(run: tiles, groups: $0) }
        }
    }

    func cut(by cut: Cut) -> Self {
        var section = self
        section.blocks = TileBlocks(
            height: Int(call.conv.out.height), width: Int(call.conv.out.width),
            groups: packed.groups.count, tilesOfItem: call.tiles == nil ? cut.run : .max,
            groupsOfItem: max(cut.groups, 1))
        return section
    }

    private var tileFloats: Int {
        TileBlocks.tileFloats(stride: packed.geometry.stride.height)
    }
    /// Of the seat's memory.
    private var transformedCount: Int {
        call.tiles == nil ? Int(call.conv.in.blocks) * blocks.tilesOfItem * tileFloats : 0
    }
    private var sumsCount: Int {
        packed.groups[0].blocks.count * blocks.tilesOfItem * tileFloats
    }
    private var kernelCount: Int { call.mixesGroups ? packed.groups[0].read.count : 0 }
    var seatCount: Int { transformedCount + sumsCount + kernelCount }

    func run(item: Int, in arena: Arena, seat: Region) {
        let (tiles, groups) = blocks.range(of: item)
        let place = call.tiles ?? seat.part(0, transformedCount)
        if call.tiles == nil {
            var transformed = arena.mutableSpan(place)
            kernels.transformInput(
                call.conv, tiles: tiles, blocks: 0..<Int(call.conv.in.blocks),
                input: arena.span(call.input), to: &transformed)
        }
        var sums = arena.mutableSpan(seat.part(transformedCount, sumsCount))
        var out = arena.mutableSpan(call.output)
        let rows = blocks.rows(beginningIn: tiles, height: Int(call.conv.out.height))
        for index in groups {
            let group = packed.groups[index]
            let own = seat.part(transformedCount + sumsCount, kernelCount)
            kernels.convolveTiles(
                call.conv, group: index, tiles: tiles, transformed: arena.span(place),
                used: group.used.span, weights: weights(of: group, in: arena, own: own),
                bias: bias(in: arena),
                residual: arena.span(call.residual), residualPlanes: call.residualPlanes,
                sums: &sums, to: &out)
            Kernels.clearHalo(of: &out, call.conv.out, blocks: group.blocks, rows: rows)
        }
    }

    /// What a group reads of the kernel; if items mix, it is mixed here, into the seat's `own` memory.
    @_lifetime(borrow self, borrow arena)
    private func weights(
        of group: PackedConvolution.OutputGroup, in arena: Arena, own: Region
    ) -> Span<Float> {
        guard let scratch = call.scratch else {
            return packed.kernels.all.extracting(group.read.range)
        }
        guard call.mixesGroups else {
            return arena.span(scratch.kernel.part(group.read.offset, group.read.count))
        }
        let place = own.part(0, group.read.count)
        packed.mix(
            group, inputBlocks: group.used.indices, scratch: scratch, in: arena, to: place,
            on: kernels)
        return arena.span(place)
    }

    @_lifetime(borrow self, borrow arena)
    private func bias(in arena: Arena) -> Span<Float> {
        if let scratch = call.scratch { arena.span(scratch.bias) } else { packed.biases.all }
    }
}

/// Bᵀ d B of all tiles, some input blocks an item.
struct WinogradInputSection: Section {
    private let call: ConvolutionCall
    private let tiles: Region
    private let count: Int
    private let kernels: Kernels

    init(call: ConvolutionCall, tiles: Region, kernels: Kernels) {
        self.call = call
        self.tiles = tiles
        self.kernels = kernels
        count =
            TileBlocks.shared(
                height: Int(call.conv.out.height), width: Int(call.conv.out.width), groups: 1
            ).tiles
    }

    var kind: SectionKind { .winogradInput }
    var items: Int { Int(call.conv.in.blocks) }

    func run(item: Int, in arena: Arena, seat: Region) {
        var transformed = arena.mutableSpan(tiles)
        kernels.transformInput(
            call.conv, tiles: 0..<count, blocks: item..<item + 1, input: arena.span(call.input),
            to: &transformed)
    }
}

/// The mixed kernel for Winograd's way: one group of output blocks and one input block an item, which
/// reads up to 18 KiB of each expert, or 9 of one in binary16, and writes 72.
struct WinogradMixSection: Section {
    let packed: PackedConvolution
    let scratch: MixScratch
    let kernels: Kernels

    var kind: SectionKind { .mixing }
    var items: Int { packed.groups.count * packed.inputLayout.blocks }

    func run(item: Int, in arena: Arena, seat: Region) {
        let block = item % packed.inputLayout.blocks
        let group = packed.groups[item / packed.inputLayout.blocks]
        packed.mix(
            group, inputBlocks: block..<block + 1, scratch: scratch, in: arena,
            to: scratch.kernel.part(group.read.offset, group.read.count), on: kernels)
    }
}

extension PackedConvolution {
    /// W' = s ⊙ Σ α_i W_i, then G W' Gᵀ: what some input blocks need of a group's kernel.
    ///
    /// - place: of the whole group's.
    fileprivate func mix(
        _ group: OutputGroup, inputBlocks: Range<Int>, scratch: MixScratch, in arena: Arena,
        to place: Region, on kernels: Kernels
    ) {
        guard let routing else { preconditionFailure("a constant kernel is not mixed") }
        var out = arena.mutableSpan(place)
        kernels.transformWeights(
            group, windowStride: geometry.stride.height, experts: expertLayout,
            inputBlocks: inputBlocks, alpha: arena.span(scratch.scores),
            kernels: self.kernels.bytes, scale: routing.scale(of: group), to: &out)
    }
}
