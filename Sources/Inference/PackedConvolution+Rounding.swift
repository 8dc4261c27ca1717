import CKernels

extension PackedConvolution {
    /// What the experts of a mixed narrow convolution are stored as: half the traffic of floats.
    static let expertElement = Format.Element.bfloat16

    /// A packed kernel in the element of a narrow input, and what goes with it.
    struct Rounded {
        let kernels: Weights
        let biases: Weights
        let scales: Weights

        /// Experts (nil for a constant kernel) only become bfloat16: what is mixed of them is rounded
        /// when it is mixed.
        init(
            _ plain: Weights, _ biases: Weights, groups: [OutputGroup], inputBlocks: Int,
            format: Format, _ algorithm: Algorithm, experts: Int?
        ) throws(OutOfMemory) {
            let one: [Float] = [1]
            let lanes = groups.reduce(0) { $0 + $1.lanes }
            if let experts {
                kernels = try Weights(byteCount: plain.count * 2) { bytes in
                    Kernels.packExperts(experts, kernels: plain.all, to: &bytes)
                }
            } else if format.element == .bfloat16 && algorithm == .direct {
                kernels = try Weights(byteCount: plain.count * 2) { bytes in
                    var part = bytes._mutatingExtracting(0..<plain.count * 2)
                    Kernels.mix(
                        .float, experts: 1, from: 0, alpha: one.span, kernels: plain.bytes,
                        to: &part)
                }
            } else if algorithm == .winogradSmall {
                let count = groups.reduce(0) { $0 + $1.read.count }
                kernels = try Weights(byteCount: count * 2) { bytes in
                    for group in groups {
                        Kernels.transform(
                            .float, experts: 1, group, inputBlocks: inputBlocks, alpha: one.span,
                            kernels: plain.bytes,
                            to: &bytes)
                    }
                }
            } else {
                let count = plain.count
                var scaleList = [Float](repeating: 0, count: lanes)
                var biasList = (0..<lanes).map { biases.all[$0] }
                var scratch = [Float](repeating: 0, count: count)
                kernels = try Weights(byteCount: count) { bytes in
                    var scratch = scratch.mutableSpan
                    var scales = scaleList.mutableSpan
                    var bias = biasList.mutableSpan
                    for group in groups {
                        Kernels.quantize(
                            .float, experts: 1, group, for: format, alpha: one.span,
                            kernels: plain.bytes, scratch: &scratch,
                            scales: &scales, bias: &bias, to: &bytes)
                    }
                }
                self.biases = try Weights(count: lanes) { floats in
                    for lane in 0..<lanes { floats[lane] = biasList[lane] }
                }
                scales = try Weights(count: lanes) { floats in
                    for lane in 0..<lanes { floats[lane] = scaleList[lane] }
                }
                return
            }
            self.biases = biases
            // Of bytes that are mixed, the scales come with each picture's kernel.
            scales = try Weights(count: lanes) { floats in
                for lane in 0..<lanes { floats[lane] = format.scale }
            }
        }
    }
}

extension PackedConvolution.OutputGroup {
    /// Output lanes.
    var lanes: Int { blocks.count * ChannelLayout.blockChannels }
    /// The first of them, counted through all groups.
    var firstLane: Int { blocks.lowerBound * ChannelLayout.blockChannels }
}
