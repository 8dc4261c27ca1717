import CKernels

/// A convolution of narrow numbers, window by window: the same cut as of floats.
struct NarrowConvolutionSection: TiledSection {
    let packed: PackedConvolution
    let call: ConvolutionCall
    var tiling: Tiling

    init(_ packed: PackedConvolution, _ call: ConvolutionCall) {
        self.packed = packed
        self.call = call
        let out = call.conv.out
        tiling = Tiling(
            groups: packed.groups.count, height: Int(out.height),
            // A step of narrow numbers takes as long as one of floats, and multiplies more.
            productsOfRow: Int(out.width) * (packed.kernelCount / packed.groups.count)
                / packed.element.stepChannels,
            weightsCount: packed.kernelCount, inputCount: call.conv.in.floats)
    }

    func run(item: Int, in arena: Arena, seat: Region) {
        let (column, rows) = tiling.range(of: item)
        switch (packed.algorithm, call.scratch) {
        case (.depthwise, let scratch?):
            runDepthwise(
                column, rows, arena, kernel: arena.span(scratch.kernel),
                bias: arena.span(scratch.bias))
        case (.depthwise, nil):
            runDepthwise(
                column, rows, arena, kernel: packed.kernels.all, bias: packed.biases.all)
        case (_, let scratch?):
            run(
                column, rows, arena, kernel: arena.bytes(scratch.kernel),
                scales: arena.span(scratch.scales), bias: arena.span(scratch.bias))
        case (_, nil):
            run(
                column, rows, arena, kernel: packed.kernels.bytes, scales: packed.scales.all,
                bias: packed.biases.all)
        }
        call.map.clearHalo(blocks: packed.groups[column].blocks, rows: rows, in: arena)
    }

    private func run(
        _ column: Int, _ rows: Range<Int>, _ arena: Arena, kernel: Span<UInt8>,
        scales: Span<Float>, bias: Span<Float>
    ) {
        let group = packed.groups[column]
        let size = packed.element.size
        let weights = kernel.extracting(
            group.read.offset * size..<(group.read.offset + group.read.count) * size)
        var out = arena.mutableBytes(call.output)
        Kernels.convolve(
            call.narrow, group: column, rows: rows, input: arena.bytes(call.input),
            used: group.used.span, weights: weights, scales: scales, bias: bias,
            residual: arena.bytes(call.residual), to: &out)
    }

    private func runDepthwise(
        _ block: Int, _ rows: Range<Int>, _ arena: Arena, kernel: Span<Float>, bias: Span<Float>
    ) {
        var out = arena.mutableBytes(call.output)
        Kernels.convolveDepthwise(
            call.narrow, block: block, rows: rows, input: arena.bytes(call.input),
            weights: kernel, bias: bias, residual: arena.bytes(call.residual), to: &out)
    }
}

/// A 3×3 convolution of bfloat16 by F(2×2, 3×3): some rows of all output blocks an item.
struct SmallWinogradSection: CutSection {
    private let packed: PackedConvolution
    private let call: ConvolutionCall
    private var rowsOfItem: Int

    init(_ packed: PackedConvolution, _ call: ConvolutionCall) {
        self.packed = packed
        self.call = call
        let across = (Int(call.conv.out.width) + 1) / 2
        rowsOfItem = 2 * max(Self.tilesOfItem / across, 1)
    }

    /// Tiles whose transformed pixels and sums stay in the cache beside the weights.
    private static let tilesOfItem = 28

    private var height: Int { Int(call.conv.out.height) }
    private var scratchBytes: Int { Kernels.winogradScratch(call.conv, rows: rowsOfItem) }

    var kind: SectionKind { .winogradSmall }
    var items: Int { (height + rowsOfItem - 1) / rowsOfItem }
    var seatCount: Int { (scratchBytes + 3) / 4 }

    var shape: CutShape { CutShape(packed, call, kind) }
    var cut: Cut { Cut(run: rowsOfItem, groups: 0) }
    var candidates: [Cut] { [2, 4, 6, 8, 10, 14, 20].map { Cut(run: $0, groups: 0) } }

    func cut(by cut: Cut) -> Self {
        var section = self
        section.rowsOfItem = (cut.run + 1) / 2 * 2  // whole tiles
        return section
    }

    func run(item: Int, in arena: Arena, seat: Region) {
        let first = item * rowsOfItem
        let rows = first..<min(first + rowsOfItem, height)
        if let scratch = call.scratch {
            run(
                rows, arena, seat, kernel: arena.bytes(scratch.kernel),
                scales: arena.span(scratch.scales), bias: arena.span(scratch.bias))
        } else {
            run(
                rows, arena, seat, kernel: packed.kernels.bytes, scales: packed.scales.all,
                bias: packed.biases.all)
        }
        call.map.clearHalo(blocks: 0..<packed.outputLayout.blocks, rows: rows, in: arena)
    }

    private func run(
        _ rows: Range<Int>, _ arena: Arena, _ seat: Region, kernel: Span<UInt8>,
        scales: Span<Float>, bias: Span<Float>
    ) {
        var scratch = arena.mutableBytes(seat)
        var out = arena.mutableBytes(call.output)
        Kernels.convolveTiles(
            call.narrow, rows: rows, input: arena.bytes(call.input), weights: kernel,
            scales: scales, bias: bias, residual: arena.bytes(call.residual), scratch: &scratch,
            to: &out)
    }
}

/// W' = Σ α_i W_i rounded, one group of output blocks an item: to bfloat16, transformed where
/// Winograd's way wants it, or to bytes with scales of their own.
struct NarrowMixSection: Section {
    let packed: PackedConvolution
    let scratch: MixScratch

    var kind: SectionKind { .mixing }
    var items: Int { packed.groups.count }

    /// Of bytes the mixture must be whole, in floats, before its largest weights are known.
    var seatCount: Int {
        packed.element == .byte ? packed.groups.map(\.weights.count).max() ?? 0 : 0
    }

    func run(item: Int, in arena: Arena, seat: Region) {
        let group = packed.groups[item]
        let element = PackedConvolution.expertElement
        let alpha = arena.span(scratch.scores)
        var out = arena.mutableBytes(scratch.kernel)
        var scales = arena.mutableSpan(scratch.scales)
        switch (packed.element, packed.algorithm) {
        case (.byte, _):
            var sums = arena.mutableSpan(seat)
            var bias = arena.mutableSpan(scratch.bias)
            Kernels.quantize(
                element, experts: packed.experts, group, for: packed.input, alpha: alpha,
                kernels: packed.kernels.bytes, scratch: &sums,
                scales: &scales, bias: &bias, to: &out)
            return
        case (_, .winogradSmall):
            Kernels.transform(
                element, experts: packed.experts, group, inputBlocks: packed.inputLayout.blocks,
                alpha: alpha,
                kernels: packed.kernels.bytes, to: &out)
        default:
            var part = out._mutatingExtracting(
                group.weights.offset * 2..<(group.weights.offset + group.weights.count) * 2)
            Kernels.mix(
                element, experts: packed.experts, from: group.weights.offset, alpha: alpha,
                kernels: packed.kernels.bytes, to: &part)
        }
        for lane in group.firstLane..<group.firstLane + group.lanes {
            scales[lane] = packed.input.scale
        }
    }
}
