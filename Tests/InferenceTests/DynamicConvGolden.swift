@testable import Inference

/// A DynamicConv layer, pictures, and what PyTorch and timm make of them in float64
/// (`Tools/dynamicconv_goldens.py`, which also says how a file is laid out).
struct DynamicConvGolden {
    let layer: Convolution
    let inputs: [Reference.FeatureMap]
    let outputs: [Reference.FeatureMap]

    static let names = [
        "plain", "pointwise", "strided", "grouped", "depthwise", "depthwise-strided", "dilated",
        "one-expert", "softmax", "softmax-depthwise",
    ]

    init(_ name: String) throws {
        let arrays = try Npy.golden("dynamicconv-\(name)")
        guard arrays.count == 7 || arrays.count == 9, arrays[0].elements.count == 12 else {
            throw Npy.Unreadable(reason: "\(arrays.count) arrays")
        }
        let g = arrays[0].elements.map { Int($0) }
        let last = arrays.count - 1
        let routing: Routing =
            arrays.count == 7
            ? .sigmoid(weight: arrays[4].floats, bias: arrays[5].floats)
            : .softmax(
                hiddenWeight: arrays[4].floats, hiddenBias: arrays[5].floats, activation: .relu,
                weight: arrays[6].floats, bias: arrays[7].floats)
        layer = Convolution(
            inputChannels: g[0], outputChannels: g[1], kernel: .init(g[2], g[3]),
            stride: .init(g[4], g[5]), padding: .init(g[6], g[7]), dilation: .init(g[8], g[9]),
            groups: g[10],
            weights: .mixed(
                Experts(
                    count: g[11], kernels: arrays[2].floats, biases: arrays[3].floats,
                    scale: Array(repeating: 1, count: g[1]),
                    shift: Array(repeating: 0, count: g[1]), routing: routing)))
        inputs = Self.maps(arrays[1])
        outputs = Self.maps(arrays[last])
    }

    /// The pictures of an (N, C, H, W) array.
    private static func maps(_ array: Npy) -> [Reference.FeatureMap] {
        let (n, c, h, w) = (array.shape[0], array.shape[1], array.shape[2], array.shape[3])
        return (0..<n).map {
            Reference.FeatureMap(
                channels: c, height: h, width: w,
                elements: Array(array.elements[$0 * c * h * w..<($0 + 1) * c * h * w]))
        }
    }
}
