import Checkpoints
import Inference

/// How a convolution's window moves, as its module says.
struct Geometry {
    let stride: Convolution.Extent
    let padding: Convolution.Extent
    let dilation: Convolution.Extent
    let groups: Int

    /// Reads what stands beside the weights, from which the kernel is known.
    init(of module: Module, kernel: Convolution.Extent) throws(ModelError) {
        let sides = 1...NetworkBuilder.Limit.side
        guard sides.contains(kernel.height), sides.contains(kernel.width) else {
            throw module.unsupported(
                "its window must be from 1 to \(sides.upperBound) cells a side")
        }
        try module.require(
            "transposed", { $0 == .bool(false) }, else: "transposed convolutions are not supported")
        try module.require(
            "padding_mode", { $0 == .string("zeros") },
            else: "only padding with zeros is supported")
        let stride = try module.extent("stride", in: sides)
        let dilation = try module.extent("dilation", in: sides, default: 1)
        self.stride = stride
        self.dilation = dilation
        groups = try module.integer("groups", in: 1...NetworkBuilder.Limit.channels, default: 1)
        let isSame = module.attributes["padding"] == .string("same")
        if try module.flag("dynamic_padding", default: module.className == "Conv2dSame") || isSame {
            padding = try Self.same(module, kernel: kernel, stride: stride, dilation: dilation)
        } else if module.attributes["padding"] == .string("valid") {
            padding = Convolution.Extent(0, 0)
        } else {
            padding = try module.extent("padding", in: 0...NetworkBuilder.Limit.side)
        }
    }

    /// TensorFlow's "same": as many cells out as in, for a step of one.
    ///
    /// Otherwise, and for even windows, its border depends on the picture's size or differs from side
    /// to side.
    private static func same(
        _ module: Module, kernel: Convolution.Extent, stride: Convolution.Extent,
        dilation: Convolution.Extent
    ) throws(ModelError) -> Convolution.Extent {
        let height = dilation.height * (kernel.height - 1)
        let width = dilation.width * (kernel.width - 1)
        guard stride == Convolution.Extent(1, 1), height.isMultiple(of: 2), width.isMultiple(of: 2)
        else {
            throw module.unsupported(
                "its padding is not the same on both sides (\"same\" with window "
                    + "\(kernel.height)×\(kernel.width) and stride \(stride.height)); only "
                    + "symmetric padding is supported")
        }
        return Convolution.Extent(height / 2, width / 2)
    }

    /// Refuses channel counts that do not fit each other or the input.
    func check(
        _ module: Module, inputChannels: Int, perGroup: Int, outputChannels: Int
    ) throws(ModelError) {
        guard perGroup.multipliedReportingOverflow(by: groups) == (inputChannels, false) else {
            throw module.unsupported(
                "it convolves \(perGroup) channels in each of \(groups) groups, but is given "
                    + "\(inputChannels)")
        }
        guard outputChannels.isMultiple(of: groups),
            (1...NetworkBuilder.Limit.channels).contains(outputChannels)
        else {
            throw module.unsupported("its \(outputChannels) channels do not make \(groups) groups")
        }
    }
}
