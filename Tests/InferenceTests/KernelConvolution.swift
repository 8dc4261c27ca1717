import CKernels

@testable import Inference

/// A convolution handed to the kernels: the plainest packing, and calls for any rows.
struct KernelConvolution {
    let layer: Convolution
    let isa: ISA
    let input: KernelPlanes
    let conv: dd_conv
    var residual: KernelPlanes?

    /// - haloMore: how much wider the input's halo is than the padding.
    init(
        _ layer: Convolution, _ isa: ISA, _ map: Reference.FeatureMap, lanes: Int = 16,
        haloMore: Int = 0, outHalo: Int = 1, residual: Reference.FeatureMap? = nil,
        residualHalo: Int = 2
    ) {
        self.layer = layer
        self.isa = isa
        let (padding, size) = (layer.padding, layer.kernel)
        // Lanes that are not used hold NaN: whoever multiplies with them is found out. Depthwise
        // kernels work on all lanes.
        input = KernelPlanes(
            map, halo: max(padding.height, padding.width) + haloMore, lanes: lanes, spare: .nan)
        self.residual = residual.map { KernelPlanes($0, halo: residualHalo, spare: .nan) }
        func side(_ n: Int, _ k: Int, _ s: Int, _ p: Int, _ d: Int) -> Int {
            (n + 2 * p - d * (k - 1) - 1) / s + 1
        }
        let out = KernelPlanes(
            channels: layer.outputChannels,
            height: side(
                map.height, size.height, layer.stride.height, padding.height, layer.dilation.height),
            width: side(
                map.width, size.width, layer.stride.width, padding.width, layer.dilation.width),
            halo: outHalo)
        conv = dd_conv(
            in: input.shape, out: out.shape, kernel_height: Int32(size.height),
            kernel_width: Int32(size.width), stride_height: Int32(layer.stride.height),
            stride_width: Int32(layer.stride.width), padding_height: Int32(padding.height),
            padding_width: Int32(padding.width), dilation_height: Int32(layer.dilation.height),
            dilation_width: Int32(layer.dilation.width), activation: layer.activation.kernelCode)
    }

    /// Weight groups.
    var groups: Int { (Int(conv.out.blocks) + isa.groupBlocks - 1) / isa.groupBlocks }

    /// An output not yet written.
    func makeOutput() -> KernelPlanes {
        KernelPlanes(
            channels: layer.outputChannels, height: Int(conv.out.height),
            width: Int(conv.out.width), halo: Int(conv.out.halo))
    }

    /// Output blocks of a group.
    func blocks(of group: Int) -> Range<Int> {
        group * isa.groupBlocks..<min((group + 1) * isa.groupBlocks, Int(conv.out.blocks))
    }

    /// Everything, each call so many rows.
    func run(rowsOfCall: Int = .max) -> KernelPlanes {
        var output = makeOutput()
        let height = Int(conv.out.height)
        for group in 0..<groups {
            for y in stride(from: 0, to: height, by: min(rowsOfCall, height)) {
                run(group, y..<min(y + min(rowsOfCall, height), height), into: &output)
            }
        }
        return output
    }

    /// One call.
    func run(_ group: Int, _ rows: Range<Int>, into output: inout KernelPlanes) {
        guard case .constant(let kernel, let bias) = layer.weights else { return }
        let (weights, used) = pack(kernel, group)
        let added = residual?.floats ?? []
        let biases = bias + Array(repeating: 0, count: Int(conv.out.blocks) * 16 - bias.count)
        var out = output.floats.mutableSpan
        dd_conv_rows(
            isa.code, conv, Int32(group), Int32(rows.lowerBound), Int32(rows.upperBound),
            input.floats.span, used.span, weights.span, biases.span,
            added.span, residual?.shape ?? conv.out, &out)
    }

    /// One group's weights, input block after input block; blocks it does not read are left out.
    func pack(_ kernel: [Float], _ group: Int) -> ([Float], [UInt8]) {
        let lanes = Int(conv.in.lanes)
        let inputs = layer.inputChannels / layer.groups
        let outputs = layer.outputChannels / layer.groups
        let cells = layer.kernel.height * layer.kernel.width
        let channels = blocks(of: group).lowerBound * 16..<blocks(of: group).upperBound * 16
        var weights: [Float] = []
        var used: [UInt8] = []
        for block in 0..<Int(conv.in.blocks) {
            let steps = block * lanes..<min((block + 1) * lanes, layer.inputChannels)
            let isRead = channels.contains { o in
                o < layer.outputChannels && steps.contains { $0 / inputs == o / outputs }
            }
            used.append(isRead ? UInt8(steps.count) : 0)
            guard isRead else { continue }
            for cell in 0..<cells {
                for c in steps {
                    for o in channels {
                        let isWired = o < layer.outputChannels && c / inputs == o / outputs
                        weights.append(
                            isWired ? kernel[(o * inputs + c % inputs) * cells + cell] : 0)
                    }
                }
            }
        }
        return (weights, used)
    }
}

extension KernelConvolution {
    /// The depthwise kernel, each call so many rows; `layer.groups` is the channel count.
    func runDepthwise(rowsOfCall: Int = .max) -> KernelPlanes {
        var output = makeOutput()
        guard case .constant(let kernel, let bias) = layer.weights else { return output }
        let cells = layer.kernel.height * layer.kernel.width
        let weights = (0..<Int(conv.out.blocks) * cells * 16).map { i in
            let channel = i / (cells * 16) * 16 + i % 16
            return channel < layer.outputChannels ? kernel[channel * cells + i / 16 % cells] : 0
        }
        let added = residual?.floats ?? []
        let biases = bias + Array(repeating: 0, count: Int(conv.out.blocks) * 16 - bias.count)
        let height = Int(conv.out.height)
        let step = min(rowsOfCall, height)
        for block in 0..<conv.out.blocks {
            for y in stride(from: 0, to: height, by: step) {
                var out = output.floats.mutableSpan
                dd_depthwise_rows(
                    isa.code, conv, block, Int32(y), Int32(min(y + step, height)),
                    input.floats.span, weights.span, biases.span, added.span,
                    residual?.shape ?? conv.out, &out)
            }
        }
        return output
    }
}

extension Activation {
    var kernelCode: dd_activation {
        switch self {
        case .identity: DD_IDENTITY
        case .silu: DD_SILU
        case .relu: DD_RELU
        case .hardswish: DD_HARDSWISH
        }
    }
}

extension KernelConvolution {
    /// A layer of noise with constant weights, of a size that keeps sums near 1.
    static func makeLayer(
        _ inputChannels: Int, _ outputChannels: Int, kernel: Convolution.Extent = .init(1, 1),
        stride: Int = 1, padding: Convolution.Extent = .init(0, 0), dilation: Int = 1,
        groups: Int = 1,
        activation: Activation = .identity, seed: UInt64 = 1
    ) -> Convolution {
        var noise = KernelNoise(seed: seed)
        let length = inputChannels / groups * kernel.height * kernel.width
        let scale = 2 / Float(length).squareRoot()
        return Convolution(
            inputChannels: inputChannels, outputChannels: outputChannels, kernel: kernel,
            stride: .init(stride, stride), padding: padding, dilation: .init(dilation, dilation),
            groups: groups,
            weights: .constant(
                kernel: noise.next(outputChannels * length).map { $0 * scale },
                bias: noise.next(outputChannels)),
            activation: activation)
    }
}
