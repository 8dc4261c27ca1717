import CKernels

/// The convolution that alone reads the picture, in the bytes that it came in.
///
/// Some rows at a time become floats, on the thread and in the cache where they are used. What came as
/// floats it takes as such.
struct PictureSection: TiledSection {
    private var plain: ConvolutionSection

    init(_ packed: PackedConvolution, _ call: ConvolutionCall, kernels: Kernels) {
        plain = ConvolutionSection(packed, call, kernels: kernels)
    }

    /// Rows of the output for which the picture's are made at a time.
    private static let rowsOfStrip = 4

    var packed: PackedConvolution { plain.packed }
    var call: ConvolutionCall { plain.call }
    var tiling: Tiling {
        get { plain.tiling }
        set { plain.tiling = newValue }
    }
    var seatCount: Int {
        Kernels.stripCount(call.conv, rows: min(Self.rowsOfStrip, Int(call.conv.out.height)))
    }

    func run(item: Int, in arena: Arena, seat: Region) {
        guard arena.holdsPixels else { return plain.run(item: item, in: arena, seat: seat) }
        let (column, rows) = tiling.range(of: item)
        let group = packed.groups[column]
        var strip = arena.mutableSpan(seat.part(0, seatCount))
        var out = arena.mutableSpan(call.output)
        let weights = packed.kernels.all.extracting(group.read.range)
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.rowsOfStrip) {
            plain.kernels.convolve(
                call.conv, group: column,
                rows: first..<min(first + Self.rowsOfStrip, rows.upperBound),
                pixels: arena.bytes(call.input), strip: &strip, used: group.used.span,
                weights: weights, bias: packed.biases.all, residual: arena.span(call.residual),
                residualPlanes: call.residualPlanes, to: &out)
        }
        Kernels.clearHalo(of: &out, call.conv.out, blocks: group.blocks, rows: rows)
    }
}

extension Program {
    /// The step that may read the picture as bytes: a convolution in floats, window by window, whose
    /// kernel is constant, where no other step reads the picture.
    var pictureStep: Int? {
        let buffer = input.buffer
        guard buffers[buffer].lanes == ChannelLayout.pictureChannelsMax,
            buffers[buffer].format.element == .float,
            !outputs.contains(where: { $0.place.buffer == buffer })
        else { return nil }
        let readers = steps.indices.filter { index in
            steps[index].work.places.contains { $0.buffer == buffer }
        }
        guard readers.count == 1,
            case .convolution(let packed, let place, _, let residual) = steps[readers[0]].work,
            place == input, residual?.buffer != buffer, packed.algorithm == .direct,
            packed.routing == nil
        else { return nil }
        return readers[0]
    }
}
