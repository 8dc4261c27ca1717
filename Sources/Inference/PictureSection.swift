import CKernels

/// The convolution that alone reads the picture, in the bytes that it came in.
///
/// Some rows at a time become floats, on the thread and in the cache where they are used. What came as
/// floats it takes as such.
struct PictureSection: TiledSection {
    private let plain: ConvolutionSection
    /// Rows of all groups, which share the strip.
    var tiling: Tiling

    init(_ packed: PackedConvolution, _ call: ConvolutionCall, kernels: Kernels) {
        plain = ConvolutionSection(packed, call, kernels: kernels)
        let out = call.conv.out
        tiling = Tiling(
            groups: 1, height: Int(out.height),
            productsOfRow: Int(out.width) * packed.kernelCount,
            weightsCount: packed.kernelCount, inputCount: call.conv.in.floats)
    }

    /// Rows of the output for which the picture's are made at a time.
    private static let rowsOfStrip = 4

    var packed: PackedConvolution { plain.packed }
    var call: ConvolutionCall { plain.call }
    var seatCount: Int {
        Kernels.stripCount(call.conv, rows: min(Self.rowsOfStrip, Int(call.conv.out.height)))
    }

    func run(item: Int, in arena: Arena, seat: Region) {
        let (_, rows) = tiling.range(of: item)
        guard arena.holdsPixels else {
            for column in packed.groups.indices { plain.run(column, rows, in: arena) }
            return
        }
        let place = seat.part(0, seatCount)
        var first = rows.lowerBound
        while first < rows.upperBound {
            let some = first..<min(first + Self.rowsOfStrip, rows.upperBound)
            var strip = arena.mutableSpan(place)
            plain.kernels.loadStrip(
                call.conv, rows: some, pixels: arena.bytes(call.input), to: &strip)
            for column in packed.groups.indices {
                convolve(column, some, from: arena.span(place), in: arena)
            }
            first = some.upperBound
        }
    }

    private func convolve(
        _ column: Int, _ rows: Range<Int>, from strip: Span<Float>, in arena: Arena
    ) {
        let group = packed.groups[column]
        var out = arena.mutableSpan(call.output)
        plain.kernels.convolveStrip(
            call.conv, group: column, rows: rows, strip: strip, used: group.used.span,
            weights: packed.kernels.all.extracting(group.read.range), bias: packed.biases.all,
            residual: arena.span(call.residual), residualPlanes: call.residualPlanes, to: &out)
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
