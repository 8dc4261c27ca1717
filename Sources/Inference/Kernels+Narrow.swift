import CKernels

// The kernels of values that are stored narrow, as Swift functions of spans; why the pointers hold
// is said in Kernels.swift. They need no instruction set: an element has but one.

extension Kernels {
    /// Rows of the output blocks of one group.
    ///
    /// An empty `residual` is none.
    static func convolve(
        _ conv: dd_narrow_conv, group: Int, rows: Range<Int>, input: Span<UInt8>,
        used: Span<UInt8>, weights: Span<UInt8>, scales: Span<Float>, bias: Span<Float>,
        residual: Span<UInt8>, to output: inout MutableSpan<UInt8>
    ) {
        unsafe dd_narrow_conv_rows(
            conv, Int32(group), Int32(rows.lowerBound), Int32(rows.upperBound), address(input),
            input.count, address(used), used.count, address(weights), weights.count,
            address(scales), scales.count, address(bias), bias.count, address(residual),
            residual.count, address(&output), output.count)
    }

    /// Rows of all output blocks, in Winograd's way; see ``winogradScratch(_:rows:)``.
    static func convolveTiles(
        _ conv: dd_narrow_conv, rows: Range<Int>, input: Span<UInt8>, weights: Span<UInt8>,
        scales: Span<Float>, bias: Span<Float>, residual: Span<UInt8>,
        scratch: inout MutableSpan<UInt8>, to output: inout MutableSpan<UInt8>
    ) {
        unsafe dd_winograd_rows(
            conv, Int32(rows.lowerBound), Int32(rows.upperBound), address(input), input.count,
            address(weights), weights.count, address(scales), scales.count, address(bias),
            bias.count, address(residual), residual.count, address(&scratch), scratch.count,
            address(&output), output.count)
    }

    /// Bytes of memory that so many rows need in between.
    static func winogradScratch(_ conv: dd_conv, rows: Int) -> Int {
        dd_winograd_scratch(conv, Int32(rows))
    }

    /// Rows of one block.
    static func convolveDepthwise(
        _ conv: dd_narrow_conv, block: Int, rows: Range<Int>, input: Span<UInt8>,
        weights: Span<Float>, bias: Span<Float>, residual: Span<UInt8>,
        to output: inout MutableSpan<UInt8>
    ) {
        unsafe dd_narrow_depthwise_rows(
            conv, Int32(block), Int32(rows.lowerBound), Int32(rows.upperBound), address(input),
            input.count, address(weights), weights.count, address(bias), bias.count,
            address(residual), residual.count, address(&output), output.count)
    }

    /// Experts one behind the other, as bfloat16 in the order in which they are mixed.
    static func packExperts(
        _ experts: Int, kernels: Span<Float>, to output: inout MutableSpan<UInt8>
    ) {
        unsafe dd_pack_experts(
            Int32(experts), address(kernels), kernels.count, address(&output), output.count)
    }

    /// Σ α_i K_i in bfloat16: numbers first ..< first + half of output's bytes, of kernels in
    /// `element`.
    static func mix(
        _ element: Format.Element, experts: Int, from first: Int, alpha: Span<Float>,
        kernels: Span<UInt8>, to output: inout MutableSpan<UInt8>
    ) {
        unsafe dd_mix_bf16(
            element.code, Int32(experts), first, address(alpha), alpha.count, address(kernels),
            kernels.count, address(&output), output.count)
    }

    /// Σ α_i K_i of one group, transformed for Winograd's way, into its place among all groups'.
    static func transform(
        _ element: Format.Element, experts: Int, _ group: PackedConvolution.OutputGroup,
        inputBlocks: Int, alpha: Span<Float>,
        kernels: Span<UInt8>, to output: inout MutableSpan<UInt8>
    ) {
        var part = output._mutatingExtracting(
            group.read.offset * 2..<(group.read.offset + group.read.count) * 2)
        unsafe dd_winograd_group(
            element.code, Int32(experts), group.weights.offset, Int32(inputBlocks),
            Int32(group.blocks.count), address(alpha), alpha.count, address(kernels),
            kernels.count, address(&part), part.count)
    }

    /// Σ α_i K_i of one group in signed bytes, into its place among all groups', with the scales and
    /// the bias of its lanes.
    static func quantize(
        _ element: Format.Element, experts: Int, _ group: PackedConvolution.OutputGroup,
        for format: Format, alpha: Span<Float>,
        kernels: Span<UInt8>, scratch: inout MutableSpan<Float>,
        scales: inout MutableSpan<Float>, bias: inout MutableSpan<Float>,
        to output: inout MutableSpan<UInt8>
    ) {
        var part = output._mutatingExtracting(
            group.weights.offset..<group.weights.offset + group.weights.count)
        var scalePart = scales._mutatingExtracting(group.firstLane..<group.firstLane + group.lanes)
        var biasPart = bias._mutatingExtracting(group.firstLane..<group.firstLane + group.lanes)
        unsafe dd_quantize_group(
            element.code, Int32(experts), group.weights.offset,
            Int32(group.blocks.count), format.code, address(alpha), alpha.count, address(kernels),
            kernels.count, address(&scratch), scratch.count, address(&scalePart),
            scalePart.count, address(&biasPart), biasPart.count, address(&part), part.count)
    }

    /// Window maximum, rows of one block.
    static func maxPool(
        _ input: Span<UInt8>, _ inputPlanes: dd_narrow_planes, kernel: Int, stride: Int,
        padding: Int, block: Int, rows: Range<Int>, to output: inout MutableSpan<UInt8>,
        _ outputPlanes: dd_narrow_planes
    ) {
        unsafe dd_narrow_max_pool_rows(
            inputPlanes, outputPlanes, Int32(kernel), Int32(stride), Int32(padding), Int32(block),
            Int32(rows.lowerBound), Int32(rows.upperBound), address(input), input.count,
            address(&output), output.count)
    }

    /// Nearest neighbour, rows of one block.
    static func upsample(
        _ input: Span<UInt8>, _ inputPlanes: dd_narrow_planes, factor: Int, block: Int,
        rows: Range<Int>, to output: inout MutableSpan<UInt8>, _ outputPlanes: dd_narrow_planes
    ) {
        unsafe dd_narrow_upsample_rows(
            inputPlanes, outputPlanes, Int32(factor), Int32(block), Int32(rows.lowerBound),
            Int32(rows.upperBound), address(input), input.count, address(&output), output.count)
    }

    /// Sums, rows of one block.
    static func add(
        _ left: Span<UInt8>, _ leftPlanes: dd_narrow_planes, _ right: Span<UInt8>,
        _ rightPlanes: dd_narrow_planes, block: Int, rows: Range<Int>,
        to output: inout MutableSpan<UInt8>, _ outputPlanes: dd_narrow_planes
    ) {
        unsafe dd_narrow_add_rows(
            leftPlanes, rightPlanes, outputPlanes, Int32(block), Int32(rows.lowerBound),
            Int32(rows.upperBound), address(left), left.count, address(right), right.count,
            address(&output), output.count)
    }

    /// Means of the channels of some blocks.
    static func means(
        _ input: Span<UInt8>, _ planes: dd_narrow_planes, blocks: Range<Int>,
        to output: inout MutableSpan<Float>
    ) {
        unsafe dd_narrow_means(
            planes, Int32(blocks.lowerBound), Int32(blocks.upperBound), address(input),
            input.count, address(&output), output.count)
    }

    /// Channels (counted in lanes) moved from one format to another.
    static func copy(
        _ input: Span<UInt8>, _ inputPlanes: dd_narrow_planes, from: Int, channels: Int,
        rows: Range<Int>, to output: inout MutableSpan<UInt8>, _ outputPlanes: dd_narrow_planes,
        at target: Int
    ) {
        unsafe dd_narrow_copy_rows(
            inputPlanes, outputPlanes, Int32(from), Int32(target), Int32(channels),
            Int32(rows.lowerBound), Int32(rows.upperBound), address(input), input.count,
            address(&output), output.count)
    }

    /// Writes zero into the halo beside rows of some blocks, and with `whole` into the rows.
    static func clear(
        _ output: inout MutableSpan<UInt8>, _ planes: dd_narrow_planes, blocks: Range<Int>,
        rows: Range<Int>, whole: Bool = false
    ) {
        unsafe dd_narrow_clear(
            planes, Int32(blocks.lowerBound), Int32(blocks.upperBound), Int32(rows.lowerBound),
            Int32(rows.upperBound), whole ? 1 : 0, address(&output), output.count)
    }

    /// RGB bytes of some rows as v/255.
    static func load(
        pixels: Span<UInt8>, rows: Range<Int>, to output: inout MutableSpan<UInt8>,
        _ planes: dd_narrow_planes
    ) {
        unsafe dd_narrow_load_pixels(
            planes, Int32(rows.lowerBound), Int32(rows.upperBound), address(pixels), pixels.count,
            address(&output), output.count)
    }

    /// (channels, height, width) rounded.
    static func load(
        tensor: Span<Float>, channels: Int, to output: inout MutableSpan<UInt8>,
        _ planes: dd_narrow_planes
    ) {
        unsafe dd_narrow_load_tensor(
            planes, Int32(channels), address(tensor), tensor.count, address(&output), output.count)
    }
}
