import Checkpoints
import Inference
import Testing

@testable import Detection

@Suite struct ModuleKindTests {
    static var kinds: [(Module, ModuleKind)] {
        [
            (.conv2d(3, 6), .convolution),
            (.make("Conv2dSame"), .convolution),
            (.dynamic(4, 4), .dynamicConvolution),
            (
                .make(
                    "Whatever",
                    ["routing": .linear(2, 2), "cond_conv": .make("X"), "bn": .batchNorm(2)]),
                .dynamicConvolution
            ),
            (.conv(3, 6), .convolutionBlock),
            (
                .make("FusedThing", ["conv": .conv2d(1, 1), "act": .make("ReLU")]),
                .convolutionBlock
            ),
            (.make("DynamicConv", ["conv": .list("Sequential", [])]), .wrapper),
            (.batchNorm(2), .batchNorm),
            (.make("SiLU"), .activation(.silu)),
            (.make("ReLU"), .activation(.relu)),
            (.make("Hardswish"), .activation(.hardswish)),
            (.make("Identity"), .identity),
            (.list("Sequential", [.make("Identity")]), .sequential),
            (.list("Sequential", []), .sequential),
            (.split(inner: .list("ModuleList", [.make("Identity")]), ["c": .int(1)]), .c2f),
            (.split(inner: .list("Sequential", [.make("Identity")]), ["c": .int(1)]), .c2),
            (.split(inner: .make("MaxPool2d")), .sppf),
            (.split(inner: .list("ModuleList", [.make("MaxPool2d")])), .spp),
            (.split(inner: .list("Sequential", [.make("Identity")])), .unknown),  // C1: no halves
            (.make("C3_Fork", ["cv1": .x, "cv2": .x, "cv3": .x, "m": .x]), .c3),
            (.make("RepC3", ["cv1": .x, "cv2": .x, "cv3": .x, "m": .x]), .unknown),
            (.make("Bottleneck_Dyn", ["cv1": .x, "cv2": .x], ["add": .bool(true)]), .bottleneck),
            (
                .make("GhostBottleneck_Dyn", ["cv1": .x, "cv2": .x], ["add": .bool(true)]),
                .bottleneck
            ),
            (.make("GhostConv", ["cv1": .x, "cv2": .x]), .ghostConvolution),
            (.make("Pair", ["cv1": .x, "cv2": .x]), .unknown),
            (.make("GhostBottleneck", ["conv": .x, "shortcut": .x]), .ghostBottleneck),
            (.make("GhostModule", ["primary_conv": .x, "cheap_operation": .x]), .ghostModule),
            (.make("RepConv", ["conv1": .x, "conv2": .x, "act": .x]), .unknown),
            (.make("CBAM", ["channel_attention": .x]), .unknown),
            (.make("Conv2", ["conv": .x, "cv2": .x, "bn": .x, "act": .x]), .unknown),
            (.make("Upsample"), .upsample), (.make("Concat"), .concat),
            (.make("MaxPool2d"), .maxPool),
            (.make("Detect", ["cv2": .x, "cv3": .x, "dfl": .x]), .detect),
            (.make("LeakyReLU"), .unknown), (.make("ConvTranspose2d"), .unknown),
        ]
    }

    @Test(arguments: kinds)
    func `a module is known by its children, then by its name`(_ module: Module, _ kind: ModuleKind)
    {
        #expect(ModuleKind(of: module) == kind)
    }
}

extension Module {
    fileprivate static var x: Module { .make("Identity") }

    fileprivate static func split(
        inner: Module, _ attributes: [String: Attribute] = [:]
    ) -> Module {
        .make("Fork", ["cv1": .x, "cv2": .x, "m": inner], attributes)
    }
}
