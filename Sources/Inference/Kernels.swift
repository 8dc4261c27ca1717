import CKernels

// DESIGN. The C kernels as Swift functions of spans, on one instruction set. The compiler makes such
// functions of the header by itself, but Swift 6.3.1 crashes when one of them is not inlined and the
// module is compiled for release on several threads (IRGen finds no file that it belongs to). So they
// are written here, and nothing else calls C with pointers.
//
// Why the pointers hold: a span's memory stays where it is while the span lives, which is as long as
// the call; each goes with the span's own count, and the kernels check every access against it.

/// The loops of ``CKernels`` on one instruction set.
///
/// What each does stands in the header.
struct Kernels: Sendable {
    private let isa: dd_isa

    init(_ isa: ISA) { self.isa = isa.code }

    /// Rows of the output blocks of one group.
    ///
    /// An empty `residual` is none.
    func convolve(
        _ conv: dd_conv, group: Int, rows: Range<Int>, input: Span<Float>, used: Span<UInt8>,
        weights: Span<Float>, bias: Span<Float>, residual: Span<Float>, residualPlanes: dd_planes,
        to output: inout MutableSpan<Float>
    ) {
        unsafe dd_conv_rows(
            isa, conv, Int32(group), Int32(rows.lowerBound), Int32(rows.upperBound),
            address(input), input.count, address(used), used.count, address(weights),
            weights.count, address(bias), bias.count, address(residual), residual.count,
            residualPlanes, address(&output), output.count)
    }

    /// The rows of a picture in bytes (height, width, 3) that some rows of the output need, as floats.
    ///
    /// - strip: ``stripCount(_:rows:)`` floats.
    func loadStrip(
        _ conv: dd_conv, rows: Range<Int>, pixels: Span<UInt8>, to strip: inout MutableSpan<Float>
    ) {
        unsafe dd_load_strip(
            isa, conv, Int32(rows.lowerBound), Int32(rows.upperBound), address(pixels),
            pixels.count, address(&strip), strip.count)
    }

    /// Rows of the output blocks of one group, from the strip that was loaded for these rows.
    ///
    /// An empty `residual` is none.
    func convolveStrip(
        _ conv: dd_conv, group: Int, rows: Range<Int>, strip: Span<Float>, used: Span<UInt8>,
        weights: Span<Float>, bias: Span<Float>, residual: Span<Float>, residualPlanes: dd_planes,
        to output: inout MutableSpan<Float>
    ) {
        unsafe dd_strip_rows(
            isa, conv, Int32(group), Int32(rows.lowerBound), Int32(rows.upperBound),
            address(strip), strip.count, address(used), used.count, address(weights),
            weights.count, address(bias), bias.count, address(residual), residual.count,
            residualPlanes, address(&output), output.count)
    }

    /// Floats in which the rows of a picture lie that so many rows of the output need.
    static func stripCount(_ conv: dd_conv, rows: Int) -> Int { dd_strip_count(conv, Int32(rows)) }

    /// Winograd's first step: some blocks of the input, transformed for some tiles.
    func transformInput(
        _ conv: dd_conv, tiles: Range<Int>, blocks: Range<Int>, input: Span<Float>,
        to transformed: inout MutableSpan<Float>
    ) {
        unsafe dd_winograd_input(
            isa, conv, Int32(tiles.lowerBound), Int32(tiles.upperBound), Int32(blocks.lowerBound),
            Int32(blocks.upperBound), address(input), input.count, address(&transformed),
            transformed.count)
    }

    /// Winograd's second step: the tiles of the output blocks of one group.
    ///
    /// An empty `residual` is none.
    func convolveTiles(
        _ conv: dd_conv, group: Int, tiles: Range<Int>, transformed: Span<Float>,
        used: Span<UInt8>, weights: Span<Float>, bias: Span<Float>, residual: Span<Float>,
        residualPlanes: dd_planes, sums: inout MutableSpan<Float>,
        to output: inout MutableSpan<Float>
    ) {
        unsafe dd_winograd_output(
            isa, conv, Int32(group), Int32(tiles.lowerBound), Int32(tiles.upperBound),
            address(transformed), transformed.count, address(used), used.count, address(weights),
            weights.count, address(bias), bias.count, address(residual), residual.count,
            residualPlanes, address(&sums), sums.count, address(&output), output.count)
    }

    /// Winograd's weights of one group: experts mixed, then transformed.
    ///
    /// - kernels: the whole packed experts; scale: of the group's lanes, empty for ones; output:
    ///   the group's weights.
    func transformWeights(
        _ group: PackedConvolution.OutputGroup, windowStride: Int, experts: dd_experts,
        inputBlocks: Range<Int>, alpha: Span<Float>, kernels: Span<UInt8>, scale: Span<Float>,
        to output: inout MutableSpan<Float>
    ) {
        let from = kernels.extracting(group.weights.offset * experts.size..<kernels.count)
        unsafe dd_winograd_weights(
            isa, Int32(windowStride), experts, Int32(group.blocks.count),
            Int32(inputBlocks.lowerBound), Int32(inputBlocks.upperBound), address(alpha),
            alpha.count, address(from), from.count, address(scale), scale.count,
            address(group.used.span), group.used.count, address(&output), output.count)
    }

    /// Rows of one block.
    ///
    /// An empty `residual` is none.
    func convolveDepthwise(
        _ conv: dd_conv, block: Int, rows: Range<Int>, input: Span<Float>, weights: Span<Float>,
        bias: Span<Float>, residual: Span<Float>, residualPlanes: dd_planes,
        to output: inout MutableSpan<Float>
    ) {
        unsafe dd_depthwise_rows(
            isa, conv, Int32(block), Int32(rows.lowerBound), Int32(rows.upperBound),
            address(input), input.count, address(weights), weights.count, address(bias),
            bias.count, address(residual), residual.count, residualPlanes, address(&output),
            output.count)
    }

    /// Window maximum, rows of one block.
    func maxPool(
        _ input: Span<Float>, _ inputPlanes: dd_planes, kernel: Int, stride: Int, padding: Int,
        block: Int, rows: Range<Int>, to output: inout MutableSpan<Float>, _ outputPlanes: dd_planes
    ) {
        unsafe dd_max_pool_rows(
            isa, inputPlanes, outputPlanes, Int32(kernel), Int32(stride), Int32(padding),
            Int32(block), Int32(rows.lowerBound), Int32(rows.upperBound), address(input),
            input.count, address(&output), output.count)
    }

    /// Nearest neighbour, rows of one block.
    func upsample(
        _ input: Span<Float>, _ inputPlanes: dd_planes, factor: Int, block: Int, rows: Range<Int>,
        to output: inout MutableSpan<Float>, _ outputPlanes: dd_planes
    ) {
        unsafe dd_upsample_rows(
            isa, inputPlanes, outputPlanes, Int32(factor), Int32(block), Int32(rows.lowerBound),
            Int32(rows.upperBound), address(input), input.count, address(&output), output.count)
    }

    /// Sums, rows of one block.
    func add(
        _ left: Span<Float>, _ leftPlanes: dd_planes, _ right: Span<Float>,
        _ rightPlanes: dd_planes, block: Int, rows: Range<Int>,
        to output: inout MutableSpan<Float>, _ outputPlanes: dd_planes
    ) {
        unsafe dd_add_rows(
            isa, leftPlanes, rightPlanes, outputPlanes, Int32(block), Int32(rows.lowerBound),
            Int32(rows.upperBound), address(left), left.count, address(right), right.count,
            address(&output), output.count)
    }

    /// Means of the channels of some blocks.
    func means(
        _ input: Span<Float>, _ planes: dd_planes, blocks: Range<Int>,
        to output: inout MutableSpan<Float>
    ) {
        unsafe dd_means(
            isa, planes, Int32(blocks.lowerBound), Int32(blocks.upperBound), address(input),
            input.count, address(&output), output.count)
    }

    /// s ⊙ Σ α_i K_i over numbers first ..< first + output.count of one group.
    ///
    /// - kernels: the whole packed experts, whose number `offset` is the group's first; scale: of the
    ///   group's lanes.
    func mix(
        _ experts: dd_experts, group offset: Int, from first: Int, alpha: Span<Float>,
        kernels: Span<UInt8>, scale: Span<Float>, to output: inout MutableSpan<Float>
    ) {
        let from = kernels.extracting(offset * experts.size..<kernels.count)
        unsafe dd_mix_experts(
            isa, experts, first, address(alpha), alpha.count, address(from), from.count,
            address(scale), scale.count, address(&output), output.count)
    }

    /// The same numbers as binary16.
    ///
    /// - Returns: whether all are such numbers, and this instruction set reads them.
    func packHalves(_ numbers: Span<Float>, to output: inout MutableSpan<UInt8>) -> Bool {
        unsafe dd_pack_halves(
            isa, address(numbers), numbers.count, address(&output), output.count) != 0
    }

    /// Σ x_i W_i over numbers first ..< first + output.count of rows of `count` numbers each.
    func mix(
        experts: Int, count: Int, from first: Int, alpha: Span<Float>, kernels: Span<Float>,
        to output: inout MutableSpan<Float>
    ) {
        unsafe dd_mix(
            isa, Int32(experts), count, first, address(alpha), alpha.count, address(kernels),
            kernels.count, address(&output), output.count)
    }

    /// Nothing but multiply-adds, on two numbers; the floating-point operations done.
    func peak(rounds: Int, on numbers: inout MutableSpan<Float>) -> Int {
        Int(unsafe dd_peak(isa, Int64(rounds), address(&numbers), numbers.count))
    }

    /// Channels (counted in lanes) moved as they are.
    static func copy(
        _ input: Span<Float>, _ inputPlanes: dd_planes, from: Int, channels: Int, rows: Range<Int>,
        to output: inout MutableSpan<Float>, _ outputPlanes: dd_planes, at target: Int
    ) {
        unsafe dd_copy_rows(
            inputPlanes, outputPlanes, Int32(from), Int32(target), Int32(channels),
            Int32(rows.lowerBound), Int32(rows.upperBound), address(input), input.count,
            address(&output), output.count)
    }

    /// The largest number of some rows of each block, among the first `channels`: (blocks, height).
    func tops(
        _ input: Span<Float>, _ planes: dd_planes, channels: Int, rows: Range<Int>,
        to output: inout MutableSpan<Float>
    ) {
        unsafe dd_tops(
            isa, planes, Int32(channels), Int32(rows.lowerBound), Int32(rows.upperBound),
            address(input), input.count, address(&output), output.count)
    }

    /// Zeroes the halo beside rows of some blocks.
    static func clearHalo(
        of output: inout MutableSpan<Float>, _ planes: dd_planes, blocks: Range<Int>,
        rows: Range<Int>
    ) {
        unsafe dd_clear_halo(
            planes, Int32(blocks.lowerBound), Int32(blocks.upperBound), Int32(rows.lowerBound),
            Int32(rows.upperBound), address(&output), output.count)
    }

    /// Bytes as they are, from byte `start` of the output on.
    static func copy(_ pixels: Span<UInt8>, to output: inout MutableSpan<UInt8>, at start: Int) {
        var part = output._mutatingExtracting(start..<start + pixels.count)
        unsafe dd_copy_bytes(address(pixels), address(&part), pixels.count)
    }

    /// RGB bytes of some rows as v/255.
    func load(
        pixels: Span<UInt8>, rows: Range<Int>, to output: inout MutableSpan<Float>,
        _ planes: dd_planes
    ) {
        unsafe dd_load_pixels(
            isa, planes, Int32(rows.lowerBound), Int32(rows.upperBound), address(pixels),
            pixels.count,
            address(&output), output.count)
    }

    /// (channels, height, width) as they are.
    static func load(
        tensor: Span<Float>, channels: Int, to output: inout MutableSpan<Float>,
        _ planes: dd_planes
    ) {
        unsafe dd_load_tensor(
            planes, Int32(channels), address(tensor), tensor.count, address(&output), output.count)
    }
}

/// Where a span begins; good for the call it is an argument of.
@unsafe
func address<Element>(_ span: Span<Element>) -> UnsafePointer<Element> {
    guard let start = unsafe span.withUnsafeBufferPointer({ $0.baseAddress }) else {
        preconditionFailure("a kernel's spans lie in memory that was allocated")
    }
    return unsafe start
}

@unsafe
func address<Element>(_ span: inout MutableSpan<Element>) -> UnsafeMutablePointer<Element> {
    guard let start = unsafe span.withUnsafeMutableBufferPointer({ $0.baseAddress }) else {
        preconditionFailure("a kernel's spans lie in memory that was allocated")
    }
    return unsafe start
}

extension dd_experts {
    /// Bytes of a number.
    var size: Int { halves != 0 ? 2 : 4 }
}
