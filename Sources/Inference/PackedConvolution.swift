import CKernels

/// A convolution's numbers in the order the kernels read them, for given layouts of its channels.
///
/// Experts are packed alike and lie one behind the other, so that mixing packed kernels gives a
/// packed kernel. For Winograd's way a constant kernel is transformed here, a mixed one after it was
/// mixed.
struct PackedConvolution: Sendable {
    let geometry: Convolution.Geometry
    /// What it is packed for.
    let isa: ISA
    /// What the input's numbers are stored as.
    let input: Format
    /// What the weights are stored as: `input`'s element, or floats.
    let element: Format.Element
    let algorithm: Algorithm
    /// What the algorithm was chosen by; nil where there was no choice.
    let algorithmShape: AlgorithmShape?
    /// Multiplications for one pixel of the output, windows computed one by one.
    let productsOfPixel: Int
    /// Experts; 1 for a constant kernel.
    let experts: Int
    let inputLayout: ChannelLayout
    let outputLayout: ChannelLayout
    let groups: [OutputGroup]
    /// Numbers of one expert's kernel.
    let kernelCount: Int
    /// Whether the experts are kept in binary16, which loses nothing: half the traffic of floats.
    let hasHalves: Bool
    /// Numbers of the kernel that the convolution reads: once mixed, and transformed.
    var readCount: Int { algorithm.read(kernelCount, groups: groups.count) }
    /// The experts' kernels: (experts, kernelCount) in float or binary16, not yet scaled, or scaled in
    /// the order of `dd_pack_experts`; or the constant kernel, (readCount) in `element`.
    let kernels: Weights
    /// Their biases: (experts, output lanes).
    let biases: Weights
    /// What a sum of narrow numbers is multiplied with: (output lanes); none for floats.
    let scales: Weights
    /// Numbers in all; of experts in binary16 each is half a float.
    let count: Int
    /// What mixing needs; nil for a constant kernel.
    let routing: PackedRouting?

    /// What one output group reads.
    struct OutputGroup: Sendable {
        let blocks: Range<Int>
        /// Channels read of each input block.
        let used: [UInt8]
        /// Within one expert's kernel.
        let weights: Region
        /// Within the kernel that the convolution reads.
        let read: Region

        /// - index: groups before it.
        init(
            index: Int, blocks: Range<Int>, used: [UInt8], weights: Region, _ algorithm: Algorithm
        ) {
            self.blocks = blocks
            self.used = used
            self.weights = weights
            read = Region(
                offset: algorithm.read(weights.offset, groups: index),
                count: algorithm.read(weights.count, groups: 1))
        }
    }

    /// `algorithms`: what to choose by; `memory`: where the kernel goes; nil: wherever there is some.
    ///
    /// - Throws: when the packed numbers are more than `countMax`, or than there is memory.
    init(
        _ convolution: Convolution, from input: ChannelLayout, to output: ChannelLayout,
        format: Format = .float, isa: ISA, algorithms: AlgorithmTable = .standard, countMax: Int,
        in memory: WeightMemory? = nil
    ) throws(Misfit) {
        geometry = Convolution.Geometry(convolution)
        self.isa = isa
        self.input = format
        algorithmShape = AlgorithmShape(
            convolution, from: input, isa: isa, element: format.element)
        algorithm = Algorithm(
            for: convolution, from: input, to: output, shape: algorithmShape, by: algorithms)
        element = algorithm == .depthwise ? .float : format.element
        productsOfPixel = convolution.outputChannels * convolution.weightsPerOutput
        inputLayout = input
        outputLayout = output
        groups =
            algorithm == .depthwise
            ? Self.depthwiseGroups(convolution, output)
            : Self.groups(
                convolution, from: input, to: output, groupBlocks: isa.groupBlocks, algorithm,
                stepChannels: element.stepChannels)
        // Each is below 2^50, and there are at most 2^16.
        kernelCount = groups.map(\.weights.count).reduce(0) { min($0 + $1, 1 << 50) }
        let kernel: [Float]
        let bias: [Float]
        switch convolution.weights {
        case .constant(let constant, let constantBias):
            (experts, kernel, bias) = (1, constant, constantBias)
        case .mixed(let mixed):
            experts = mixed.count
            kernel = element == .float ? mixed.kernels : mixed.scaledKernels
            bias = mixed.biases
        }
        let lanes = output.blocks * ChannelLayout.blockChannels
        // Below 2^60: experts are at most 2^8, and a routing's layers below 2^37.
        let kernelsCount =
            convolution.isMixed
            ? experts * kernelCount : algorithm.read(kernelCount, groups: groups.count)
        let count = kernelsCount + experts * lanes + Self.routingCount(convolution, input)
        let area = geometry.area
        let products = groups.map { $0.productsOfSum(kernelCells: area) }.max() ?? 0
        guard element != .byte || products <= DD_U8_PRODUCTS_MAX else {
            throw Misfit("sums of \(products) products, too many for bytes")
        }
        guard count <= countMax else {
            throw Misfit("packed weights of \(count) numbers, where \(countMax) are left")
        }
        self.count = count
        do {
            let plain = try Self.packed(
                kernel, of: convolution, experts: experts, groups: groups, input: input,
                output: output, isDepthwise: algorithm == .depthwise,
                stepChannels: element.stepChannels)
            let slots = output.laneOfChannel
            let experts = experts
            let plainBiases = try Weights(count: experts * lanes) { floats in
                for expert in 0..<experts {
                    for (channel, lane) in slots.enumerated() {
                        floats[expert * lanes + lane] = bias[expert * slots.count + channel]
                    }
                }
            }
            let kernels: Weights
            var hasHalves = false
            if element != .float {
                let rounded = try Rounded(
                    plain, plainBiases, groups: groups, inputBlocks: input.blocks, format: format,
                    algorithm, experts: convolution.isMixed ? experts : nil)
                (kernels, biases, scales) = (rounded.kernels, rounded.biases, rounded.scales)
            } else {
                if convolution.isMixed {
                    let halves = try Weights(byteCount: plain.count * 2) {
                        hasHalves = Kernels(isa).packHalves(plain.all, to: &$0)
                    }
                    kernels = hasHalves ? halves : plain
                } else if algorithm == .winograd {
                    kernels = try Self.transformed(
                        plain, groups: groups, stride: convolution.stride.height, on: Kernels(isa))
                } else {
                    kernels = plain
                }
                (biases, scales) = (plainBiases, try Weights(count: 0) { _ in })
            }
            self.hasHalves = hasHalves
            self.kernels =
                if let memory { try Weights(kernels, in: memory) } else { kernels }
            if case .mixed(let mixed) = convolution.weights {
                routing = try PackedRouting(mixed, from: input, to: output)
            } else {
                routing = nil
            }
        } catch {
            throw Misfit("not enough memory")
        }
    }

    /// Numbers of the routing, once packed.
    private static func routingCount(_ convolution: Convolution, _ input: ChannelLayout) -> Int {
        guard case .mixed(let mixed) = convolution.weights else { return 0 }
        return PackedRouting.count(of: mixed, from: input)
    }
}

extension PackedConvolution {
    /// How its experts lie, as the kernels take it.
    var expertLayout: dd_experts {
        dd_experts(count: Int32(experts), halves: hasHalves ? 1 : 0, stride: kernelCount)
    }
}

extension Experts {
    /// The kernels times their scale: (M, C_out·C_in/groups·k_h·k_w).
    fileprivate var scaledKernels: [Float] {
        let row = kernels.count / count / scale.count
        return kernels.indices.map { kernels[$0] * scale[$0 / row % scale.count] }
    }
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
