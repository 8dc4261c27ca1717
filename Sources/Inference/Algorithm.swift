/// The ways a convolution can be computed.
enum Algorithm: String, Sendable {
    /// Window by window, for any geometry.
    case direct
    /// Window by window, each channel by itself.
    case depthwise
    /// Winograd's F(4×4, 3×3): a fourth of the products, and transforms before and after them.
    case winograd

    /// The way for a convolution between values so laid out.
    ///
    /// It depends on nothing that is measured, so that equal models give equal bits.
    init(for convolution: Convolution, from input: ChannelLayout, to output: ChannelLayout) {
        if convolution.isDepthwise && input == output {
            self = .depthwise
        } else if convolution.isWinograd
            && input.lanes == ChannelLayout.blockChannels
            && convolution.inputChannels >= Self.winogradChannelsMin
        {
            self = .winograd
        } else {
            self = .direct
        }
    }

    /// Below so many input channels the transforms cost more than they save.
    ///
    /// For one tile of 16 output channels, in vector operations: direct 144 a channel; Winograd 36
    /// a channel, some 130 to transform the sums and 170 to transform each 16 input channels.
    private static let winogradChannelsMin = 4

    /// Numbers that the kernels read for each that the file has.
    var expansion: Int { self == .winograd ? 4 : 1 }  // 36 for 9
}

extension Convolution {
    /// Its windows are those that the Winograd kernels know.
    fileprivate var isWinograd: Bool {
        kernel == Extent(3, 3) && stride == Extent(1, 1) && dilation == Extent(1, 1) && groups == 1
    }
}
