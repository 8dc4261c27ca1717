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
    private let isa: dd_isa

    init(
        _ packed: PackedConvolution, input: PlaneMap, output: PlaneMap, residual: PlaneMap?,
        scratch: MixScratch?, isa: dd_isa
    ) {
        let geometry = packed.geometry
        self.packed = packed
        self.input = input.region
        self.output = output.region
        self.residual = residual?.region ?? output.region.part(0, 0)
        residualPlanes = residual?.planes ?? output.planes
        self.scratch = scratch
        self.isa = isa
        conv = dd_conv(
            in: input.planes, out: output.planes,
            // At most 255 each.
            kernel_height: Int32(geometry.kernel.height), kernel_width: Int32(geometry.kernel.width),
            stride_height: Int32(geometry.stride.height), stride_width: Int32(geometry.stride.width),
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
            run(column, rows, arena, kernel: arena.span(scratch.kernel), bias: arena.span(scratch.bias))
        } else {
            run(column, rows, arena, kernel: packed.kernels.all, bias: packed.biases.all)
        }
    }

    private func run(
        _ column: Int, _ rows: Range<Int>, _ arena: Arena, kernel: Span<Float>, bias: Span<Float>
    ) {
        let group = packed.groups[column]
        let (y0, y1) = (Int32(rows.lowerBound), Int32(rows.upperBound))
        var out = arena.mutableSpan(output)
        if packed.isDepthwise {
            dd_depthwise_rows(
                isa, conv, Int32(column), y0, y1, arena.span(input), kernel, bias,
                arena.span(residual), residualPlanes, &out)
        } else {
            let weights = kernel.extracting(
                group.weights.offset..<group.weights.offset + group.weights.count)
            dd_conv_rows(
                isa, conv, Int32(column), y0, y1, arena.span(input), group.used.span, weights, bias,
                arena.span(residual), residualPlanes, &out)
        }
        dd_clear_halo(
            conv.out, Int32(group.blocks.lowerBound), Int32(group.blocks.upperBound), y0, y1, &out)
    }
}
