import Checkpoints
import Testing

@testable import Detection

/// A module, and the sentence that refuses it.
struct Refused: Sendable, CustomTestStringConvertible {
    let module: Module
    let message: String

    init(_ module: Module, _ message: String) {
        self.module = module
        self.message = message
    }

    var testDescription: String { message }
}

extension Refused {
    static var layers: [Refused] {
        [
            Refused(
                .make("RepConv", ["conv1": .make("Conv2d"), "conv2": .make("Conv2d")]),
                "model.1: RepConv cannot be run here; supported are Conv2d and DynamicConv with BatchNorm and an activation behind them, C2f, C2, C3, Bottleneck, GhostConv, GhostBottleneck, SPP, SPPF, MaxPool2d, Upsample, Concat, Sequential, Identity and Detect"
            ),
            Refused(.conv(6, 4).without("act"), "model.1: its act is missing"),
            Refused(
                .conv(6, 4, act: "LeakyReLU"),
                "model.1.act: the activation LeakyReLU cannot be run; supported are SiLU, ReLU, Hardswish and Identity"
            ),
            Refused(
                .conv(6, 4).changing("conv") { $0.without("weight") },
                "model.1.conv: its weight is missing"),
            Refused(
                .conv(6, 4).changing("conv") { $0.without("stride") },
                "model.1.conv: its stride is missing"),
            Refused(
                .conv(6, 4).changing("conv") { $0.with(["padding_mode": .string("reflect")]) },
                "model.1.conv: only padding with zeros is supported"),
            Refused(
                .conv(6, 4).changing("conv") { $0.with(["transposed": .bool(true)]) },
                "model.1.conv: transposed convolutions are not supported"),
            Refused(
                .conv(6, 4).changing("conv") { $0.with(["stride": .int(0)]) },
                "model.1.conv: its stride must be a whole number from 1 to 127"),
            Refused(
                .conv(6, 4).changing("conv") { $0.with(["stride": .list([])]) },
                "model.1.conv: its stride must be a whole number from 1 to 127"),
            Refused(
                .conv(6, 4).changing("conv") { $0.with(["padding": .int(Int.max)]) },
                "model.1.conv: its padding must be a whole number from 0 to 127"),
            Refused(
                .conv(6, 4).changing("conv") { $0.with(["dilation": .float(1e300)]) },
                "model.1.conv: its dilation must be a whole number from 1 to 127"),
            Refused(
                .conv(6, 4).changing("conv") { $0.with(["groups": .int(5)]) },
                "model.1.conv: it convolves 6 channels in each of 5 groups, but is given 6"),
            Refused(
                .conv(7, 4),
                "model.1.conv: it convolves 7 channels in each of 1 groups, but is given 6"),
            Refused(
                .conv2d(6, 4).replacing("weight", with: .make(4, 6)),
                "model.1: its weight is [4, 6], not (C_out, C_in/groups, k, k)"),
            Refused(
                .conv2d(6, 4).replacing("weight", with: .make(4, 6, 0, 0)),
                "model.1: its weight is [4, 6, 0, 0], not (C_out, C_in/groups, k, k)"),
            Refused(
                .conv2d(6, 4, bias: true).replacing("bias", with: .make(3)),
                "model.1: its bias is [3], but [4] is what fits here"),
            Refused(
                .conv(6, 4).changing("bn") { $0.without("running_mean") },
                "model.1.bn: its running_mean is missing"),
            Refused(
                .conv(6, 4).changing("bn") { $0.without("eps") },
                "model.1.bn: its eps, a number from 0 to 1, is missing"),
            Refused(
                .conv(6, 4).changing("bn") { _ in .batchNorm(5) },
                "model.1.bn: its running_mean is [5], but [4] is what fits here"),
            Refused(
                .conv(6, 4).changing("bn") {
                    $0.replacing("running_var", with: .make(4, value: -1))
                },
                "model.1.bn: its running_var must be positive"),
            Refused(
                .conv(6, 4).changing("bn") {
                    $0.replacing("running_var", with: .make(4, value: .nan))
                },
                "model.1.bn: its running_var must be positive"),
            Refused(
                .bottleneck(6, add: true).without("add").renamed("Bottleneck"),
                "model.1: its add is missing"),
            Refused(
                .make(
                    "Bottleneck", ["cv1": .conv(6, 4), "cv2": .conv(4, 4)], ["add": .bool(true)]),
                "model.1: it adds 6 channels to 4"),
            Refused(
                .make(
                    "C2f", ["cv1": .conv(6, 8), "cv2": .conv(8, 4), "m": .list("ModuleList", [])],
                    ["c": .int(3)]),
                "model.1: its cv1 makes 8 channels, not two times 3"),
            Refused(
                .make("SPPF", ["cv1": .conv(6, 4), "cv2": .conv(8, 4), "m": .make("MaxPool2d")]),
                "model.1.m: its kernel_size is missing"),
            Refused(
                .make(
                    "SPPF", ["cv1": .conv(6, 4), "cv2": .conv(8, 4), "m": .make("MaxPool2d")],
                    ["n": .int(1 << 40)]),
                "model.1: its n must be a whole number from 1 to 16"),
            Refused(
                .pool(5, stride: 1, padding: 3),
                "model.1: its padding must be at most half its window"),
            Refused(
                .pool(5, stride: 1, padding: 2).with(["ceil_mode": .bool(true)]),
                "model.1: ceil_mode is not supported"),
            Refused(
                .pool(5, stride: 1, padding: 2).with(["kernel_size": .list([.int(5), .int(3)])]),
                "model.1: its kernel_size differs in height and width; only squares are supported"),
            Refused(
                .make("Upsample", [:], ["scale_factor": .float(2), "mode": .string("bilinear")]),
                "model.1: only nearest-neighbour upsampling is supported"),
            Refused(
                .make("Upsample", [:], ["scale_factor": .float(1.5), "mode": .string("nearest")]),
                "model.1: its scale_factor must be a whole number from 1 to 16"),
            Refused(
                .make("Upsample", [:], ["scale_factor": .float(.nan), "mode": .string("nearest")]),
                "model.1: its scale_factor must be a whole number from 1 to 16"),
            Refused(
                .make("Concat", [:], ["d": .int(2)]), "model.1: only channels (d = 1) can be joined"
            ),
            Refused(
                .conv(6, 4).reading(.list([.int(0), .int(0)])),
                "model.1: Conv reads one layer, not 2"
            ),
            Refused(.conv(6, 4).reading(.int(1)), "model.1: its f must name earlier layers"),
            Refused(.conv(6, 4).reading(.int(-2)), "model.1: its f must name earlier layers"),
            Refused(.conv(6, 4).reading(.int(Int.min)), "model.1: its f must name earlier layers"),
            Refused(.conv(6, 4).reading(.string("-1")), "model.1: its f must name earlier layers"),
            Refused(
                .conv(6, 4).reading(.list([])),
                "model.1: it reads 0 layers; from 1 to 64 are supported"),
            Refused(
                .detect(channels: [6]),
                "model.1: Detect cannot be run here; \(ModuleKind.supported)"),
        ]
    }
}

extension Refused {
    static var dynamicLayers: [Refused] {
        [
            Refused(
                .dynamic(6, 4).changing("routing") { $0.without("weight") },
                "model.1.routing: its weight is missing"),
            Refused(
                .dynamic(6, 4).changing("routing") { _ in .linear(5, 4) },
                "model.1.routing: its weight is [4, 5], but [4, 6] is what fits here"),
            Refused(
                .dynamic(6, 4).changing("routing") { _ in .linear(6, 3) },
                "model.1.routing: its weight is [3, 6], but [4, 6] is what fits here"),
            Refused(
                .dynamic(6, 4).changing("cond_conv") { $0.without("weight") },
                "model.1.cond_conv: its weight is missing"),
            Refused(
                .dynamic(6, 4).changing("cond_conv") {
                    $0.replacing("weight", with: .make(4, 215))
                },
                "model.1.cond_conv: its experts have 215 weights each, which is not 4 × 6 × 3×3"),
            Refused(
                .dynamic(6, 4, stored: false, ["out_channels": .int(4)]).changing("cond_conv") {
                    $0.replacing("weight", with: .make(4, 4 * 6 * 8))
                }, "model.1.cond_conv: its experts have 192 weights each, which is not 4 × 6 × 3×3"),
            Refused(
                .dynamic(6, 4, stored: false), "model.1.cond_conv: its out_channels is missing"),
            Refused(
                .dynamic(6, 4).changing("cond_conv") { $0.replacing("weight", with: .make(4)) },
                "model.1.cond_conv: its weight is [4], not (M, C_out·C_in/groups·k·k) with M up to 256"
            ),
            Refused(
                .dynamic(6, 4).changing("cond_conv") {
                    $0.replacing("weight", with: .make(257, 1))
                },
                "model.1.cond_conv: its weight is [257, 1], not (M, C_out·C_in/groups·k·k) with M up to 256"
            ),
            Refused(
                .dynamic(6, 4).changing("cond_conv") { $0.replacing("weight", with: .make(4, 0)) },
                "model.1.cond_conv: its experts have no weights or too many: [4, 0]"),
            Refused(
                .dynamic(6, 4, bias: true).changing("cond_conv") {
                    $0.replacing("bias", with: .make(4))
                },
                "model.1.cond_conv: its bias is [4], but [4, 4] is what fits here"),
            Refused(
                .dynamic(6, 4).changing("cond_conv") { $0.with(["groups": .int(4)]) },
                "model.1.cond_conv: its 6 channels do not make 4 groups"),
            Refused(
                .dynamic(6, 4, routing: .list("Sequential", [.linear(6, 5), .linear(5, 4)])),
                "model.1.routing: the activation between its two Linear layers is missing"),
            Refused(
                .dynamic(
                    6, 4,
                    routing: .list("Sequential", [.linear(6, 5), .make("GELU"), .linear(5, 4)])),
                "model.1.routing.1: GELU cannot stand here in a router; supported are Linear layers with SiLU, ReLU or Hardswish between them, and Sigmoid or Softmax behind"
            ),
            Refused(
                .dynamic(6, 4, routing: .list("Sequential", [.make("Dropout")])),
                "model.1.routing: a router of 0 Linear layers is not supported; one or two are"),
            Refused(
                .dynamic(
                    6, 4,
                    routing: .list(
                        "Sequential",
                        [.linear(6, 5), .make("ReLU"), .linear(5, 4), .make("Sigmoid")])),
                "model.1.routing: sigmoid routing over two Linear layers is not supported; it is over one"
            ),
            Refused(
                .dynamic(6, 4, routing: .linear(6, 4).with(["temperature": .int(30)])),
                "model.1.routing: a routing with a temperature other than 1 is not supported"),
            Refused(
                .dynamic(6, 4, routing: .list("Sequential", [.make("Softmax"), .linear(6, 4)])),
                "model.1.routing.1: nothing may follow the softmax of a router"),
            Refused(
                .init(
                    className: "DynamicConv", path: "",
                    children: Module.dynamic(6, 4).children + [("se", .make("SELayer"))],
                    tensors: [:],
                    attributes: [:]),
                "model.1: its se is unknown; a DynamicConv is routing and cond_conv"),
        ]
    }
}

extension Refused {
    static var heads: [Refused] {
        [
            Refused(.conv(6, 4), "model.1: the last layer is Conv; a detector ends with Detect"),
            Refused(.detect(channels: [6]).without("stride"), "model.1: its stride is missing"),
            Refused(
                .detect(channels: [6], strides: [0]),
                "model.1: its stride must be 1 numbers from 1 to 4096"),
            Refused(
                .detect(channels: [6], strides: [.nan]),
                "model.1: its stride must be 1 numbers from 1 to 4096"),
            Refused(
                .detect(channels: [6], strides: [8, 16]),
                "model.1: its stride must be 1 numbers from 1 to 4096"),
            Refused(
                .detect(channels: [6, 6]),
                "model.1: it reads 1 scales, but has 2 box and 2 class branches"),
            Refused(
                .detect(channels: [6], ["nc": .int(3)]),
                "model.1: its nc is not 2, as its branches are"),
            Refused(
                .detect(channels: [6], ["reg_max": .int(16)]),
                "model.1: its reg_max is not 4, as its branches are"),
            Refused(
                .detect(channels: [6]).changing("cv2.0.1") { _ in .conv2d(5, 18) },
                "model.1: its box branches must all make 4 times the same number of bins"),
            Refused(
                .detect(channels: [6], extra: [("cv4", .make("ModuleList"))]).renamed("Segment"),
                "model.1: Segment with cv4 is not supported; a Detect head with cv2 and cv3 is"),
            Refused(
                .detect(channels: [6], extra: [("one2one_cv2", .make("ModuleList"))]),
                "model.1: end-to-end heads (one2one branches, no NMS) are not supported; a plain Detect head is"
            ),
            Refused(
                .detect(channels: [6], extra: [("dfl", .dfl([0, 1, 2, 4]))]),
                "model.1.dfl.conv: its weights must be 0, 1, 2, … up to 3"),
            Refused(
                .detect(channels: [6], extra: [("dfl", .dfl([0, 1, 2, 3, 4]))]),
                "model.1.dfl.conv: its weight is [1, 5, 1, 1], but [1, 4, 1, 1] is what fits here"),
        ]
    }
}

extension Module {
    func replacing(_ name: String, with tensor: Tensor) -> Module {
        Module(
            className: className, path: path, children: children,
            tensors: tensors.merging([name: tensor]) { $1 }, attributes: attributes)
    }

    func renamed(_ className: String) -> Module {
        Module(
            className: className, path: path, children: children, tensors: tensors,
            attributes: attributes)
    }

    static func dfl(_ weights: [Float]) -> Module {
        let tensor = Tensor(weights, shape: [1, weights.count, 1, 1])
        return make("DFL", ["conv": make("Conv2d", tensors: ["weight": tensor])])
    }
}
