import CKernels

@testable import Inference

/// A convolution handed to the narrow kernels: the plainest packing, rounded by them.
struct NarrowConvolution {
    let layer: Convolution
    let input: NarrowPlanes
    let output: Format
    var conv: dd_narrow_conv
    let residual: NarrowPlanes?

    /// - lanes: floats a pixel of the input; haloMore: how much wider its halo is than the padding.
    init(
        _ layer: Convolution, _ map: Reference.FeatureMap, in format: Format, to output: Format,
        lanes: Int = 16, haloMore: Int = 0, residual: (Reference.FeatureMap, Format)? = nil
    ) {
        self.layer = layer
        self.output = output
        let (padding, size) = (layer.padding, layer.kernel)
        input = NarrowPlanes(
            format, map, halo: max(padding.height, padding.width) + haloMore, lanes: lanes)
        self.residual = residual.map { NarrowPlanes($0.1, $0.0, halo: 2) }
        func side(_ n: Int, _ k: Int, _ s: Int, _ p: Int, _ d: Int) -> Int {
            (n + 2 * p - d * (k - 1) - 1) / s + 1
        }
        let made = NarrowPlanes(
            output, channels: layer.outputChannels,
            height: side(
                map.height, size.height, layer.stride.height, padding.height, layer.dilation.height),
            width: side(
                map.width, size.width, layer.stride.width, padding.width, layer.dilation.width))
        let geometry = dd_conv(
            in: input.shape, out: made.shape, kernel_height: Int32(size.height),
            kernel_width: Int32(size.width), stride_height: Int32(layer.stride.height),
            stride_width: Int32(layer.stride.width), padding_height: Int32(padding.height),
            padding_width: Int32(padding.width), dilation_height: Int32(layer.dilation.height),
            dilation_width: Int32(layer.dilation.width), activation: layer.activation.kernelCode)
        conv = dd_narrow_conv(
            conv: geometry, in: format.code, out: output.code,
            residual: (self.residual?.format ?? output).code,
            residual_planes: self.residual?.shape ?? made.shape)
    }

    private var kernel: [Float] {
        if case .constant(let kernel, _) = layer.weights { kernel } else { [] }
    }

    /// (output lanes): the bias, zeros behind it.
    private var bias: [Float] {
        guard case .constant(_, let bias) = layer.weights else { return [] }
        return bias + Array(repeating: 0, count: blocks * 16 - bias.count)
    }

    var blocks: Int { Int(conv.conv.out.blocks) }
    var groups: Int { (blocks + 1) / 2 }
    var height: Int { Int(conv.conv.out.height) }

    /// An output not yet written.
    func makeOutput() -> NarrowPlanes {
        NarrowPlanes(
            output, channels: layer.outputChannels, height: height, width: Int(conv.conv.out.width))
    }

    /// Output blocks of a group.
    func blocks(of group: Int) -> Range<Int> { group * 2..<min(group * 2 + 2, blocks) }

    /// Channels read of each input block.
    var used: [UInt8] {
        let lanes = Int(conv.conv.in.lanes)
        return (0..<Int(conv.conv.in.blocks)).map {
            UInt8(min(layer.inputChannels - $0 * lanes, lanes))
        }
    }

    /// One group's weights as floats: [in block][cell][step][g][16][S].
    func pack(_ group: Int, all: Bool = false) -> [Float] {
        let (lanes, step) = (Int(conv.conv.in.lanes), input.format.element.stepChannels)
        let inputs = layer.inputChannels / layer.groups
        let outputs = layer.outputChannels / layer.groups
        let cells = layer.kernel.height * layer.kernel.width
        var weights: [Float] = []
        for (block, count) in used.enumerated() {
            let channels = all ? lanes : Int(count)
            for cell in 0..<cells {
                for first in stride(from: 0, to: channels, by: step) {
                    for o in blocks(of: group).lowerBound * 16..<blocks(of: group).upperBound * 16 {
                        for c in block * lanes + first..<block * lanes + first + step {
                            let isWired =
                                o < layer.outputChannels && c < layer.inputChannels
                                && c / inputs == o / outputs
                            weights.append(
                                isWired ? kernel[(o * inputs + c % inputs) * cells + cell] : 0)
                        }
                    }
                }
            }
        }
        return weights
    }

    /// A group's weights rounded, its scales and its bias.
    func round(_ group: Int) -> (weights: [UInt8], scales: [Float], bias: [Float]) {
        let packed = pack(group)
        let lanes = blocks(of: group).lowerBound * 16..<blocks(of: group).upperBound * 16
        var scales = lanes.map { _ in input.format.scale }
        var bias = Array(bias[lanes])
        let bytes = packed.bytes
        var weights = [UInt8](repeating: 0, count: packed.count * input.format.element.size)
        var out = weights.mutableSpan
        if input.format.element == .bfloat16 {
            dd_mix_bf16(DD_FLOAT, 1, 0, [Float(1)].span, bytes.span, &out)
        } else {
            var scratch = packed
            var scratchSpan = scratch.mutableSpan
            var scalesSpan = scales.mutableSpan
            var biasSpan = bias.mutableSpan
            dd_quantize_group(
                DD_FLOAT, 1, 0, Int32(blocks(of: group).count), input.format.code,
                [Float(1)].span, bytes.span, &scratchSpan, &scalesSpan, &biasSpan, &out)
        }
        return (weights, scales, bias)
    }

    /// Everything, each call so many rows.
    func run(rowsOfCall: Int = .max) -> NarrowPlanes {
        var output = makeOutput()
        let step = min(rowsOfCall, height)
        for group in 0..<groups {
            for y in stride(from: 0, to: height, by: step) {
                run(group, y..<min(y + step, height), into: &output)
            }
        }
        return output
    }

    /// One call.
    func run(_ group: Int, _ rows: Range<Int>, into output: inout NarrowPlanes) {
        let (weights, scales, bias) = round(group)
        let before = [Float](repeating: 0, count: group * 32)
        let added = residual?.bytes ?? []
        let behind = [Float](repeating: 0, count: (blocks - blocks(of: group).upperBound) * 16)
        var out = output.bytes.mutableSpan
        dd_narrow_conv_rows(
            conv, Int32(group), Int32(rows.lowerBound), Int32(rows.upperBound), input.bytes.span,
            used.span, weights.span, (before + scales + behind).span,
            (before + bias + behind).span, added.span, &out)
    }

    /// Winograd's way, each call so many rows.
    func runWinograd(rowsOfCall: Int = .max) -> NarrowPlanes {
        var output = makeOutput()
        var weights: [UInt8] = []
        for group in 0..<groups {
            let packed = pack(group, all: true)
            let bytes = packed.bytes
            var transformed = [UInt8](repeating: 0, count: (packed.count / 9 + 32) * 16 * 2)
            var out = transformed.mutableSpan
            dd_winograd_group(
                DD_FLOAT, 1, 0, conv.conv.in.blocks,
                Int32(blocks(of: group).count), [Float(1)].span, bytes.span, &out)
            weights += transformed
        }
        let added = residual?.bytes ?? []
        let step = min(rowsOfCall, height)
        let scales = [Float](repeating: input.format.scale, count: blocks * 16)
        for y in stride(from: 0, to: height, by: step) {
            let rows = min(step, height - y)
            var scratch = [UInt8](repeating: 0, count: dd_winograd_scratch(conv.conv, Int32(rows)))
            var scratchSpan = scratch.mutableSpan
            var out = output.bytes.mutableSpan
            dd_winograd_rows(
                conv, Int32(y), Int32(y + rows), input.bytes.span, weights.span, scales.span,
                bias.span, added.span, &scratchSpan, &out)
        }
        return output
    }

    /// The depthwise kernel.
    func runDepthwise() -> NarrowPlanes {
        var output = makeOutput()
        let cells = layer.kernel.height * layer.kernel.width
        let weights = (0..<blocks * cells * 16).map { i in
            let channel = i / (cells * 16) * 16 + i % 16
            return channel < layer.outputChannels ? kernel[channel * cells + i / 16 % cells] : 0
        }
        let added = residual?.bytes ?? []
        for block in 0..<blocks {
            var out = output.bytes.mutableSpan
            dd_narrow_depthwise_rows(
                conv, Int32(block), 0, Int32(height), input.bytes.span, weights.span, bias.span,
                added.span, &out)
        }
        return output
    }

    /// The twin's layer: its weights as the kernel has them.
    var twin: Convolution {
        var twin = layer
        guard case .constant(let kernel, let bias) = layer.weights else { return layer }
        let row = layer.weightsPerOutput
        let rounded = (0..<layer.outputChannels).flatMap { o -> [Float] in
            let weights = kernel[o * row..<(o + 1) * row]
            guard input.format.element == .byte else { return weights.map(Reference.bfloat16) }
            let (bytes, scale) = Reference.quantized(weights.map(Double.init))
            return bytes.map { Float($0 * scale) }
        }
        twin.weights = .constant(kernel: rounded, bias: bias)
        return twin
    }
}

extension [Float] {
    /// As they lie in memory.
    var bytes: [UInt8] {
        flatMap { float in
            (0..<4).map { UInt8(truncatingIfNeeded: float.bitPattern >> (8 * UInt32($0))) }
        }
    }
}

extension [UInt8] {
    /// Pairs of bytes as the bfloat16 they are.
    var bfloats: [Float] {
        (0..<count / 2).map {
            Float(bitPattern: (UInt32(self[2 * $0]) | UInt32(self[2 * $0 + 1]) << 8) << 16)
        }
    }
}
