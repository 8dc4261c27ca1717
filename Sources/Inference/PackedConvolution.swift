import CKernels

/// A convolution's numbers in the order the kernels read them, for given layouts of its channels.
///
/// Experts are packed alike and lie one behind the other, so that mixing packed kernels gives a
/// packed kernel.
struct PackedConvolution: Sendable {
    let geometry: Convolution.Geometry
    let isDepthwise: Bool
    /// Experts; 1 for a constant kernel.
    let experts: Int
    let inputLayout: ChannelLayout
    let outputLayout: ChannelLayout
    /// Output blocks that share weights: one output group of the kernels.
    let groupBlocks: Int
    let groups: [OutputGroup]
    /// Floats of one expert's kernel.
    let kernelCount: Int
    /// (experts, kernelCount)
    let kernels: Weights
    /// (experts, output lanes)
    let biases: Weights
    /// What mixing needs; nil for a constant kernel.
    let routing: PackedRouting?

    /// What one output group reads.
    struct OutputGroup: Sendable {
        let blocks: Range<Int>
        /// Channels read of each input block.
        let used: [UInt8]
        /// Within one expert's kernel.
        let weights: Region
    }

    /// - Throws: when the packed numbers are more than `countMax`, or than there is memory.
    init(
        _ convolution: Convolution, from input: ChannelLayout, to output: ChannelLayout,
        groupBlocks: Int, countMax: Int
    ) throws(Misfit) {
        geometry = Convolution.Geometry(convolution)
        isDepthwise = convolution.isDepthwise && input == output
        inputLayout = input
        outputLayout = output
        self.groupBlocks = isDepthwise ? 1 : groupBlocks
        groups =
            isDepthwise
            ? Self.depthwiseGroups(convolution, output)
            : Self.groups(convolution, from: input, to: output, groupBlocks: groupBlocks)
        // Each is below 2^50, and there are at most 2^16.
        kernelCount = groups.map(\.weights.count).reduce(0) { min($0 + $1, 1 << 50) }
        let kernel: [Float]
        let bias: [Float]
        switch convolution.weights {
        case .constant(let constant, let constantBias):
            (experts, kernel, bias) = (1, constant, constantBias)
        case .mixed(let mixed):
            (experts, kernel, bias) = (mixed.count, mixed.kernels, mixed.biases)
        }
        guard kernelCount <= countMax / experts else { throw Misfit("packed weights are too many") }
        do {
            kernels = try Self.packed(
                kernel, of: convolution, experts: experts, groups: groups, input: input,
                output: output, isDepthwise: isDepthwise)
            let lanes = output.blocks * ChannelLayout.blockChannels
            let slots = output.laneOfChannel
            let experts = experts
            biases = try Weights(count: experts * lanes) { floats in
                for expert in 0..<experts {
                    for (channel, lane) in slots.enumerated() {
                        floats[expert * lanes + lane] = bias[expert * slots.count + channel]
                    }
                }
            }
            if case .mixed(let mixed) = convolution.weights {
                routing = try PackedRouting(mixed, from: input, to: output)
            } else {
                routing = nil
            }
        } catch {
            throw Misfit("not enough memory")
        }
    }

    /// Floats kept.
    var count: Int { kernels.count + biases.count + (routing?.count ?? 0) }
}

extension Convolution {
    /// A convolution without its numbers.
    struct Geometry: Sendable {
        let kernel: Extent
        let stride: Extent
        let padding: Extent
        let dilation: Extent
        let activation: Activation

        init(_ convolution: Convolution) {
            kernel = convolution.kernel
            stride = convolution.stride
            padding = convolution.padding
            dilation = convolution.dilation
            activation = convolution.activation
        }

        /// The border that the input must have.
        var halo: Int { max(padding.height, padding.width) }
        var area: Int { kernel.height * kernel.width }
    }
}

extension PackedConvolution {
    /// Each block by itself: weights (k_h, k_w, 16).
    private static func depthwiseGroups(_ convolution: Convolution, _ layout: ChannelLayout)
        -> [OutputGroup]
    {
        let count =
            convolution.kernel.height * convolution.kernel.width
            * ChannelLayout.blockChannels
        return (0..<layout.blocks).map { block in
            OutputGroup(
                blocks: block..<block + 1, used: [],
                weights: Region(offset: block * count, count: count))
        }
    }

    /// Output blocks by `groupBlocks`, with what of the input each reads: of a grouped convolution
    /// the blocks of its own groups only, and of these no channel behind the last that it needs.
    private static func groups(
        _ convolution: Convolution, from input: ChannelLayout, to output: ChannelLayout,
        groupBlocks: Int
    ) -> [OutputGroup] {
        let inputRuns = input.runs
        let outputRuns = output.runs
        let area = convolution.kernel.height * convolution.kernel.width
        var offset = 0
        return stride(from: 0, to: output.blocks, by: groupBlocks).map { first in
            let blocks = first..<min(first + groupBlocks, output.blocks)
            let last = outputRuns[blocks.upperBound - 1]
            let read =
                convolution.inputs(of: outputRuns[first].channel)
                .lowerBound..<convolution.inputs(of: last.channel + last.count - 1).upperBound
            let used = inputRuns.map { run in
                read.lowerBound < run.channel + run.count
                    ? UInt8(min(max(read.upperBound - run.channel, 0), run.count)) : 0
            }
            let steps = used.reduce(0) { $0 + Int($1) }
            let count = steps * area * blocks.count * ChannelLayout.blockChannels
            defer { offset += count }
            return OutputGroup(
                blocks: blocks, used: used, weights: Region(offset: offset, count: count))
        }
    }

    private static func packed(
        _ kernel: [Float], of convolution: Convolution, experts: Int, groups: [OutputGroup],
        input: ChannelLayout, output: ChannelLayout, isDepthwise: Bool
    ) throws(OutOfMemory) -> Weights {
        let one = groups.reduce(0) { $0 + $1.weights.count }
        let area = convolution.kernel.height * convolution.kernel.width
        let row = convolution.weightsPerOutput
        let inputRuns = input.runs
        let outputRuns = output.runs
        return try Weights(count: experts * one) { floats in
            for expert in 0..<experts {
                let kernelStart = expert * convolution.outputChannels * row
                for group in groups {
                    let lanes = group.blocks.count * ChannelLayout.blockChannels
                    let start = expert * one + group.weights.offset
                    // Each output channel writes its lane of every step.
                    for block in group.blocks {
                        let run = outputRuns[block]
                        for i in 0..<run.count {
                            let channel = run.channel + i
                            let read = convolution.inputs(of: channel)
                            let from = kernelStart + channel * row
                            var to =
                                start + (block - group.blocks.lowerBound)
                                * ChannelLayout.blockChannels + i
                            if isDepthwise {
                                for cell in 0..<area {
                                    floats[to + cell * lanes] = kernel[from + cell]
                                }
                                continue
                            }
                            for (inputBlock, steps) in group.used.enumerated() {
                                let first = inputRuns[inputBlock].channel
                                for step in 0..<Int(steps) where read.contains(first + step) {
                                    let source = from + (first + step - read.lowerBound) * area
                                    for cell in 0..<area {
                                        floats[to + (cell * Int(steps) + step) * lanes] =
                                            kernel[source + cell]
                                    }
                                }
                                to += Int(steps) * area * lanes
                            }
                        }
                    }
                }
            }
        }
    }
}

extension Convolution {
    /// The input channels that an output channel reads.
    fileprivate func inputs(of output: Int) -> Range<Int> {
        let width = inputChannels / groups
        let group = output / (outputChannels / groups)
        return group * width..<(group + 1) * width
    }
}
