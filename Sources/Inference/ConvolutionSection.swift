import CKernels

/// What the ways to compute a convolution share: where its input, output, residual and mixed kernel
/// lie, and its geometry as the kernels take it.
struct ConvolutionCall: Sendable {
    let conv: dd_conv
    /// The same with the formats, for narrow kernels.
    let narrow: dd_narrow_conv
    let input: Region
    let output: Region
    /// Empty for none.
    let residual: Region
    let residualPlanes: dd_planes
    /// The output.
    let map: PlaneMap
    /// Where the kernel is mixed; nil for a constant one.
    let scratch: MixScratch?
    /// Where the input's tiles lie transformed; nil where each item transforms its own.
    let tiles: Region?
    /// Whether each item mixes what it needs of the kernel.
    let mixesGroups: Bool

    init(
        _ geometry: Convolution.Geometry, input: PlaneMap, output: PlaneMap, residual: PlaneMap?,
        scratch: StepScratch
    ) {
        self.input = input.region
        self.output = output.region
        self.residual = residual?.region ?? output.region.part(0, 0)
        residualPlanes = residual?.planes ?? output.planes
        self.scratch = scratch.mix
        tiles = scratch.tiles
        mixesGroups = scratch.mixesGroups
        conv = dd_conv(
            in: input.planes, out: output.planes,
            // At most 255 each.
            kernel_height: Int32(geometry.kernel.height),
            kernel_width: Int32(geometry.kernel.width),
            stride_height: Int32(geometry.stride.height),
            stride_width: Int32(geometry.stride.width),
            padding_height: Int32(geometry.padding.height),
            padding_width: Int32(geometry.padding.width),
            dilation_height: Int32(geometry.dilation.height),
            dilation_width: Int32(geometry.dilation.width), activation: geometry.activation.code)
        narrow = dd_narrow_conv(
            conv: conv, in: input.format.code, out: output.format.code,
            residual: (residual ?? output).format.code, residual_planes: residualPlanes)
        map = output
    }
}

/// A convolution window by window, by groups of output blocks and rows, with its activation, its
/// residual and the zeros around what it wrote.
struct ConvolutionSection: TiledSection {
    let packed: PackedConvolution
    let call: ConvolutionCall
    var tiling: Tiling
    let kernels: Kernels

    init(_ packed: PackedConvolution, _ call: ConvolutionCall, kernels: Kernels) {
        self.packed = packed
        self.call = call
        self.kernels = kernels
        let out = call.conv.out
        tiling = Tiling(
            groups: packed.groups.count, height: Int(out.height),
            productsOfRow: Int(out.width) * (packed.kernelCount / packed.groups.count),
            weightsCount: packed.kernelCount, inputCount: call.conv.in.floats)
    }

    func run(item: Int, in arena: Arena, seat: Region) {
        let (column, rows) = tiling.range(of: item)
        run(column, rows, in: arena)
    }

    /// Rows of one group.
    func run(_ column: Int, _ rows: Range<Int>, in arena: Arena) {
        if let scratch = call.scratch {
            run(
                column, rows, arena, kernel: arena.span(scratch.kernel),
                bias: arena.span(scratch.bias))
        } else {
            run(column, rows, arena, kernel: packed.kernels.all, bias: packed.biases.all)
        }
    }

    private func run(
        _ column: Int, _ rows: Range<Int>, _ arena: Arena, kernel: Span<Float>, bias: Span<Float>
    ) {
        let group = packed.groups[column]
        var out = arena.mutableSpan(call.output)
        if packed.algorithm == .depthwise {
            kernels.convolveDepthwise(
                call.conv, block: column, rows: rows, input: arena.span(call.input),
                weights: kernel, bias: bias, residual: arena.span(call.residual),
                residualPlanes: call.residualPlanes, to: &out)
        } else {
            let weights = kernel.extracting(group.read.range)
            kernels.convolve(
                call.conv, group: column, rows: rows, input: arena.span(call.input),
                used: group.used.span, weights: weights, bias: bias,
                residual: arena.span(call.residual), residualPlanes: call.residualPlanes, to: &out)
        }
        Kernels.clearHalo(of: &out, call.conv.out, blocks: group.blocks, rows: rows)
    }
}
