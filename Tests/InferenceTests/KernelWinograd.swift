import CKernels

@testable import Inference

extension KernelConvolution {
    /// Tiles of 4×4 outputs.
    var tiles: Int { (Int(conv.out.height) + 3) / 4 * ((Int(conv.out.width) + 3) / 4) }

    private var tileFloats: Int { TileBlocks.tileFloats(stride: Int(conv.stride_height)) }

    /// Everything in Winograd's way, each call so many tiles.
    func runWinograd(tilesOfCall: Int = .max) -> KernelPlanes {
        var output = makeOutput()
        let step = min(tilesOfCall, tiles)
        for group in 0..<groups {
            for tile in stride(from: 0, to: tiles, by: step) {
                runWinograd(group, tile..<min(tile + step, tiles), into: &output)
            }
        }
        return output
    }

    /// One group's output of some tiles.
    ///
    /// What lies between the steps is not zero at first.
    func runWinograd(_ group: Int, _ tiles: Range<Int>, into output: inout KernelPlanes) {
        guard case .constant(let kernel, let bias) = layer.weights else { return }
        let (plain, used) = pack(kernel, group)
        let blocks = Int32(blocks(of: group).count)
        let inputBlocks = Int(conv.in.blocks)
        var weights = [Float](repeating: .nan, count: plain.count * 4 + 576)
        var to = weights.mutableSpan
        let (one, none): ([Float], [Float]) = ([1], [])
        let bytes = plain.bytes
        dd_winograd_weights(
            isa.code, conv.stride_height, dd_experts(count: 1, halves: 0, stride: 0), blocks, 0,
            conv.in.blocks, one.span, bytes.span, none.span, used.span, &to)

        var transformed = [Float](repeating: .nan, count: inputBlocks * tiles.count * tileFloats)
        var between = transformed.mutableSpan
        for block in 0..<conv.in.blocks {
            dd_winograd_input(
                isa.code, conv, Int32(tiles.lowerBound), Int32(tiles.upperBound), block, block + 1,
                input.floats.span, &between)
        }
        var sums = [Float](repeating: .nan, count: Int(blocks) * tiles.count * tileFloats)
        var scratch = sums.mutableSpan
        let added = residual?.floats ?? []
        let biases = bias + Array(repeating: 0, count: Int(conv.out.blocks) * 16 - bias.count)
        var out = output.floats.mutableSpan
        dd_winograd_output(
            isa.code, conv, Int32(group), Int32(tiles.lowerBound), Int32(tiles.upperBound),
            transformed.span, used.span, weights.span, biases.span, added.span,
            residual?.shape ?? conv.out, &scratch, &out)
    }
}
