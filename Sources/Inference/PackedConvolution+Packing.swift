import CKernels

// The order of the numbers: which group reads what, and where each weight stands.

extension PackedConvolution {
    /// Each block by itself: weights (k_h, k_w, 16).
    static func depthwiseGroups(_ convolution: Convolution, _ layout: ChannelLayout)
        -> [OutputGroup]
    {
        let count =
            convolution.kernel.height * convolution.kernel.width
            * ChannelLayout.blockChannels
        return (0..<layout.blocks).map { block in
            OutputGroup(
                index: block, blocks: block..<block + 1, used: [],
                weights: Region(offset: block * count, count: count), .depthwise)
        }
    }

    /// Output blocks by `groupBlocks`, with what of the input each reads: of a grouped convolution
    /// the blocks of its own groups only, and of these no channel behind the last that it needs.
    static func groups(
        _ convolution: Convolution, from input: ChannelLayout, to output: ChannelLayout,
        groupBlocks: Int, _ algorithm: Algorithm, stepChannels: Int
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
                if algorithm == .winogradSmall { return UInt8(ChannelLayout.blockChannels) }
                return read.lowerBound < run.channel + run.count
                    ? UInt8(min(max(read.upperBound - run.channel, 0), run.count)) : 0
            }
            let channels = used.reduce(0) { $0 + padded(Int($1), to: stepChannels) }
            let count = channels * area * blocks.count * ChannelLayout.blockChannels
            defer { offset += count }
            return OutputGroup(
                index: first / groupBlocks, blocks: blocks, used: used,
                weights: Region(offset: offset, count: count), algorithm)
        }
    }

    /// A packed kernel as Winograd's way reads it.
    static func transformed(
        _ plain: Weights, groups: [OutputGroup], stride: Int, on kernels: Kernels
    ) throws(OutOfMemory) -> Weights {
        let one: [Float] = [1]
        return try Weights(count: groups.reduce(0) { $0 + $1.read.count }) { floats in
            for group in groups {
                var part = floats._mutatingExtracting(group.read.range)
                kernels.transformWeights(
                    group, windowStride: stride,
                    experts: dd_experts(count: 1, halves: 0, stride: 0),
                    inputBlocks: group.used.indices, alpha: one.span, kernels: plain.bytes,
                    scale: one.span.extracting(0..<0), to: &part)
            }
        }
    }

    static func packed(
        _ kernel: [Float], of convolution: Convolution, experts: Int, groups: [OutputGroup],
        input: ChannelLayout, output: ChannelLayout, isDepthwise: Bool, stepChannels: Int
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
                            let lane =
                                (block - group.blocks.lowerBound) * ChannelLayout.blockChannels + i
                            if isDepthwise {
                                for cell in 0..<area {
                                    floats[start + lane + cell * lanes] = kernel[from + cell]
                                }
                                continue
                            }
                            var to = start
                            for (inputBlock, used) in group.used.enumerated() {
                                let run = inputRuns[inputBlock]
                                let channels = padded(Int(used), to: stepChannels)
                                for c in 0..<min(Int(used), run.count)
                                where read.contains(run.channel + c) {
                                    let source = from + (run.channel + c - read.lowerBound) * area
                                    // [cell][step][lane][channel of the step]
                                    let inside = c % stepChannels
                                    let place = (c - inside) * lanes + lane * stepChannels + inside
                                    for cell in 0..<area {
                                        floats[to + place + cell * channels * lanes] =
                                            kernel[source + cell]
                                    }
                                }
                                to += channels * area * lanes
                            }
                        }
                    }
                }
            }
        }
    }
}

extension PackedConvolution.OutputGroup {
    /// Products that one sum has.
    func productsOfSum(kernelCells: Int) -> Int {
        used.reduce(0) { $0 + padded(Int($1), to: 4) } * kernelCells
    }
}

/// The next multiple of `step`.
private func padded(_ count: Int, to step: Int) -> Int { (count + step - 1) / step * step }

extension Convolution {
    /// The input channels that an output channel reads.
    fileprivate func inputs(of output: Int) -> Range<Int> {
        let width = inputChannels / groups
        let group = output / (outputChannels / groups)
        return group * width..<(group + 1) * width
    }
}
