import CKernels

/// A convolution by groups of output blocks and rows, with its activation, its residual and the
/// zeros around what it wrote.
struct ConvolutionSection: Section {
    private let packed: PackedConvolution
    private let conv: dd_conv
    private let input: Region
    private let output: Region
    /// Empty for none.
    private let residual: Region
    private let residualPlanes: dd_planes
    /// Where the kernel was mixed; nil for a constant one.
    private let scratch: MixScratch?
    private let tiling: Tiling
    private let kernels: Kernels

    init(
        _ packed: PackedConvolution, input: PlaneMap, output: PlaneMap, residual: PlaneMap?,
        scratch: MixScratch?, kernels: Kernels
    ) {
        let geometry = packed.geometry
        self.packed = packed
        self.input = input.region
        self.output = output.region
        self.residual = residual?.region ?? output.region.part(0, 0)
        residualPlanes = residual?.planes ?? output.planes
        self.scratch = scratch
        self.kernels = kernels
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
        tiling = Tiling(
            groups: packed.groups.count, height: Int(output.planes.height),
            productsOfRow: Int(output.planes.width) * (packed.kernelCount / packed.groups.count),
            weightsCount: packed.kernelCount, inputCount: input.planes.floats)
    }

    var items: Int { tiling.items }

    func run(item: Int, in arena: Arena) {
        let (column, rows) = tiling.range(of: item)
        if let scratch {
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
        var out = arena.mutableSpan(output)
        if packed.isDepthwise {
            kernels.convolveDepthwise(
                conv, block: column, rows: rows, input: arena.span(input), weights: kernel,
                bias: bias, residual: arena.span(residual), residualPlanes: residualPlanes, to: &out
            )
        } else {
            let weights = kernel.extracting(
                group.weights.offset..<group.weights.offset + group.weights.count)
            kernels.convolve(
                conv, group: column, rows: rows, input: arena.span(input), used: group.used.span,
                weights: weights, bias: bias, residual: arena.span(residual),
                residualPlanes: residualPlanes, to: &out)
        }
        Kernels.clearHalo(of: &out, conv.out, blocks: group.blocks, rows: rows)
    }
}
