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
    case winogradSmall

    /// The way for a convolution between values so laid out.
    ///
    /// It depends on nothing that is measured, so that equal models give equal bits.
    init(
        for convolution: Convolution, from input: ChannelLayout, to output: ChannelLayout,
        element: Format.Element = .float
    ) {
        if convolution.isDepthwise && input == output {
            self = .depthwise
        } else if convolution.isWinograd && input.lanes == ChannelLayout.blockChannels
            && convolution.inputChannels
                >= Self.winogradChannelsMin(stride: convolution.stride.height)
        {
            switch (element, convolution.stride.height) {
            case (.float, _): self = .winograd
            case (.bfloat16, 1): self = .winogradSmall
            default: self = .direct
            }
        } else {
            self = .direct
        }
    }

    /// Below so many input channels the transforms cost more than they save.
    ///
    /// For one tile of 16 output channels, in vector operations: direct 144 a channel; Winograd 36
    /// a channel, some 130 to transform the sums and 170 to transform each 16 input channels. Stride 2
    /// saves 63 a channel; from 16 channels on it was measured to pay.
    private static func winogradChannelsMin(stride: Int) -> Int { stride == 1 ? 4 : 16 }

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

extension Convolution {
    /// Its windows are those that the Winograd kernels know.
    fileprivate var isWinograd: Bool {
        kernel == Extent(3, 3) && (stride == Extent(1, 1) || stride == Extent(2, 2))
            && dilation == Extent(1, 1) && groups == 1
    }
}
