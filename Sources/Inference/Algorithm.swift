/// The ways a convolution can be computed.
enum Algorithm: String, Sendable {
    /// Window by window, for any geometry.
    case direct
    /// Window by window, each channel by itself.
    case depthwise
    /// Winograd's F(4×4, 3×3): a fourth of the products, and transforms before and after them; of
    /// stride 2 four phases by F(4, 2), with 81 of 144 products.
    case winograd
    /// Winograd's F(2×2, 3×3) in bfloat16: 4 of 9 products, and errors that bfloat16 can bear.
    case winogradSmall = "winograd-2×2"

    /// The way for a convolution between values so laid out: where there are several, what `table`
    /// says of its `shape`.
    ///
    /// It depends on nothing that is measured where it runs, so that equal models give equal bits.
    init(
        for convolution: Convolution, from input: ChannelLayout, to output: ChannelLayout,
        shape: AlgorithmShape?, by table: AlgorithmTable
    ) {
        if convolution.isDepthwise && input == output {
            self = .depthwise
        } else if let shape {
            self = table[shape]
        } else {
            self = .direct
        }
    }

    /// Numbers that the kernels read for so many of the packed kernels of some groups: Winograd's parts
    /// each end in a cache line that keeps them from sharing few sets of the cache.
    func read(_ count: Int, groups: Int) -> Int {
        switch self {
        case .direct, .depthwise: count
        case .winograd: 36 * (count / 9 + 16 * groups)
        case .winogradSmall: 16 * (count / 9 + 32 * groups)
        }
    }
}

/// What the best algorithm depends on, of a 3×3 convolution that can be computed in several ways.
///
/// Height and width are not among it: weights are packed for the algorithm before a picture is met,
/// and its bits must not depend on them.
package struct AlgorithmShape: Sendable, Hashable {
    let isa: ISA
    let element: Format.Element
    let weights: Weights
    let stride: Int
    let inputChannels: Int
    let outputChannels: Int

    /// Of a mixed kernel the transform is a part of every pass.
    enum Weights: String, Sendable {
        case constant, mixed
    }
}

extension AlgorithmShape {
    /// For people.
    package var words: String {
        "\(weights.rawValue), stride \(stride), \(inputChannels) → \(outputChannels)"
    }

    /// Nil where there is but one way.
    init?(
        _ convolution: Convolution, from input: ChannelLayout, isa: ISA, element: Format.Element
    ) {
        guard convolution.isWinograd, input.lanes == ChannelLayout.blockChannels else { return nil }
        self.init(
            isa: isa, element: element, weights: convolution.isMixed ? .mixed : .constant,
            stride: convolution.stride.height, inputChannels: convolution.inputChannels,
            outputChannels: convolution.outputChannels)
        guard candidates.count > 1 else { return nil }
    }

    /// The ways there are; the first is the rule's, for shapes that nobody measured.
    var candidates: [Algorithm] {
        let winograd: Algorithm
        switch (element, stride) {
        case (.float, 1...2): winograd = .winograd
        case (.bfloat16, 1): winograd = .winogradSmall
        default: return [.direct]
        }
        return inputChannels >= Self.winogradChannelsMin(stride: stride)
            ? [winograd, .direct] : [.direct, winograd]
    }

    /// Below so many input channels the transforms cost more than they save.
    ///
    /// For one tile of 16 output channels, in vector operations: direct 144 a channel; Winograd 36
    /// a channel, some 130 to transform the sums and 170 to transform each 16 input channels. Stride 2
    /// saves 63 a channel; from 16 channels on it was measured to pay.
    private static func winogradChannelsMin(stride: Int) -> Int { stride == 1 ? 4 : 16 }
}

extension Convolution {
    /// Its windows are those that the Winograd kernels know.
    fileprivate var isWinograd: Bool {
        kernel == Extent(3, 3) && (stride == Extent(1, 1) || stride == Extent(2, 2))
            && dilation == Extent(1, 1) && groups == 1 && !isDepthwise
    }
}
