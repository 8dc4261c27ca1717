import Checkpoints
import Inference
import Testing

@testable import Detection

@Suite struct NetworkBuilderTests {
    /// The steps of a network, each as `name operation inputs → outputs`.
    private func steps(_ checkpoint: Checkpoint) throws -> [String] {
        let graph = try NetworkBuilder.blueprint(of: checkpoint, overrides: .init()).graph
        return graph.steps.map { step in
            func ids(_ values: [Graph.Value]) -> String {
                values.map { "\($0.id)" }.joined(separator: ",")
            }
            return "\(step.name) \(step.operation.word) \(ids(step.inputs)) → \(ids(step.outputs))"
        }
    }

    /// The steps of the layer under test alone.
    private func steps(of layer: Module, channels: Int) throws -> [String] {
        try steps(.around(layer, channels: channels)).filter { $0.hasPrefix("model.1") }
    }

    @Test func `the head's maps are the outputs, box map first, scale by scale`() throws {
        let checkpoint = Checkpoint.make([
            .conv(3, 6, 3, stride: 2), .conv(6, 8, 3, stride: 2),
            .detect(channels: [6, 8], classes: 3, bins: 2, strides: [2, 4])
                .reading(.list([.int(0), .int(1)])),
        ])
        let blueprint = try NetworkBuilder.blueprint(of: checkpoint, overrides: .init())
        #expect(blueprint.head == Head(classes: 3, bins: 2, strides: [2, 4]))
        #expect(blueprint.graph.outputs.map { blueprint.graph.channels(of: $0) } == [8, 3, 8, 3])
        #expect(blueprint.records.count == blueprint.graph.steps.count)
        #expect(
            try steps(checkpoint).dropFirst(2) == [
                "model.2.cv2.0.0 convolution 1 → 3", "model.2.cv2.0.1 convolution 3 → 4",
                "model.2.cv3.0.0 convolution 1 → 5", "model.2.cv3.0.1 convolution 5 → 6",
                "model.2.cv2.1.0 convolution 2 → 7", "model.2.cv2.1.1 convolution 7 → 8",
                "model.2.cv3.1.0 convolution 2 → 9", "model.2.cv3.1.1 convolution 9 → 10",
            ])
    }

    @Test func `layers read what f names, counted from the start or back from themselves`() throws {
        let checkpoint = Checkpoint.make([
            .conv(3, 4), .conv(4, 5), .conv(4, 6).reading(.int(-2)), .conv(4, 7).reading(.int(0)),
            .make("Concat", [:], ["d": .int(1)]).reading(.list([.int(-1), .int(1), .int(-2)])),
            .detect(channels: [18]),
        ])
        #expect(
            try steps(checkpoint).prefix(5) == [
                "model.0 convolution 0 → 1", "model.1 convolution 1 → 2",
                "model.2 convolution 1 → 3", "model.3 convolution 1 → 4",
                "model.4 concat 4,2,3 → 5",
            ])
    }

    @Test func `a C2f chains its blocks on the second half and joins them all`() throws {
        let layer = Module.make(
            "C2f_Fork",
            [
                "cv1": .conv(6, 8),
                "cv2": .conv(16, 9),
                "m": .list("ModuleList", [.bottleneck(4, add: true), .bottleneck(4, add: false)]),
            ], ["c": .int(4)])
        #expect(
            try steps(of: layer, channels: 9) == [
                "model.1.cv1 convolution 1 → 2", "model.1 split 2 → 3,4",
                "model.1.m.0.cv1 convolution 4 → 5", "model.1.m.0.cv2 convolution 5 → 6",
                "model.1.m.0 add 4,6 → 7", "model.1.m.1.cv1 convolution 7 → 8",
                "model.1.m.1.cv2 convolution 8 → 9", "model.1 concat 3,4,7,9 → 10",
                "model.1.cv2 convolution 10 → 11",
            ])
    }

    @Test func `a C2 works on the first half`() throws {
        let layer = Module.make(
            "C2",
            ["cv1": .conv(6, 8), "cv2": .conv(8, 5), "m": .list("Sequential", [.conv(4, 4)])],
            ["c": .int(4)])
        #expect(
            try steps(of: layer, channels: 5) == [
                "model.1.cv1 convolution 1 → 2", "model.1 split 2 → 3,4",
                "model.1.m.0 convolution 3 → 5", "model.1 concat 5,4 → 6",
                "model.1.cv2 convolution 6 → 7",
            ])
    }

    @Test func `a C3 joins the deep way before the flat one`() throws {
        let layer = Module.make(
            "C3",
            [
                "cv1": .conv(6, 4), "cv2": .conv(6, 3), "cv3": .conv(7, 5),
                "m": .list("Sequential", [.conv(4, 4)]),
            ])
        #expect(
            try steps(of: layer, channels: 5) == [
                "model.1.cv1 convolution 1 → 2", "model.1.m.0 convolution 2 → 3",
                "model.1.cv2 convolution 1 → 4", "model.1 concat 3,4 → 5",
                "model.1.cv3 convolution 5 → 6",
            ])
    }

    @Test(arguments: [nil, 3, 1] as [Int?])
    func `an SPPF pools n times in a row, three when the file does not say`(_ repeats: Int?) throws
    {
        let count = repeats ?? 3
        let layer = Module.make(
            "SPPF",
            [
                "cv1": .conv(6, 4, act: "Identity"), "cv2": .conv(4 * (count + 1), 6),
                "m": .pool(5, stride: 1, padding: 2),
            ], repeats.map { ["n": .int($0), "add": .bool(true)] } ?? [:])
        let pools = (0..<count).map { "model.1.m maxPool(5,1,2) \($0 + 2) → \($0 + 3)" }
        let all = (0...count).map { "\($0 + 2)" }.joined(separator: ",")
        let last = count + 4
        #expect(
            try steps(of: layer, channels: 6) == ["model.1.cv1 convolution 1 → 2"] + pools + [
                "model.1 concat \(all) → \(last - 1)",
                "model.1.cv2 convolution \(last - 1) → \(last)",
            ] + (repeats == nil ? [] : ["model.1 add 1,\(last) → \(last + 1)"]))
    }

    @Test func `an SPP pools the same map by several windows`() throws {
        let layer = Module.make(
            "SPP",
            [
                "cv1": .conv(6, 4), "cv2": .conv(12, 6),
                "m": .list(
                    "ModuleList",
                    [.pool(5, stride: 1, padding: 2), .pool(9, stride: 1, padding: 4)]),
            ])
        #expect(
            try steps(of: layer, channels: 6) == [
                "model.1.cv1 convolution 1 → 2", "model.1.m.0 maxPool(5,1,2) 2 → 3",
                "model.1.m.1 maxPool(9,1,4) 2 → 4", "model.1 concat 2,3,4 → 5",
                "model.1.cv2 convolution 5 → 6",
            ])
    }

    @Test func `ghost modules make half of their channels out of the other half`() throws {
        let ghost = Module.make(
            "GhostConv", ["cv1": .conv(6, 4), "cv2": .conv(4, 4, 5, groups: 4)])
        #expect(
            try steps(of: ghost, channels: 8) == [
                "model.1.cv1 convolution 1 → 2", "model.1.cv2 convolution 2 → 3",
                "model.1 concat 2,3 → 4",
            ])
        let cut = Module.make(
            "GhostModule",
            [
                "primary_conv": .list("Sequential", [.conv2d(6, 4), .batchNorm(4), .make("ReLU")]),
                "cheap_operation": .list("Sequential", [.dynamic(4, 4, groups: 4), .batchNorm(4)]),
            ], ["oup": .int(7)])
        #expect(
            try steps(of: cut, channels: 7) == [
                "model.1.primary_conv.0 convolution 1 → 2",
                "model.1.cheap_operation.0 convolution 2 → 3", "model.1 concat 2,3 → 4",
                "model.1 split 4 → 5,6",
            ])
        let block = Module.make(
            "GhostBottleneck",
            [
                "conv": .list("Sequential", [ghost, .make("Identity"), .conv(8, 6)]),
                "shortcut": .make("Identity"),
            ])
        #expect(try steps(of: block, channels: 6).last == "model.1 add 5,1 → 6")
    }

    @Test func `pooling and upsampling keep their numbers`() throws {
        #expect(
            try steps(of: .pool(2, stride: nil, padding: 0), channels: 6)
                == ["model.1 maxPool(2,2,0) 1 → 2"])
        let up = Module.make(
            "Upsample", [:], ["size": .null, "scale_factor": .float(2), "mode": .string("nearest")])
        #expect(try steps(of: up, channels: 6) == ["model.1 upsample(2) 1 → 2"])
    }

    @Test func `what is behind a convolution is fused into it`() throws {
        let layer = Module.list(
            "Sequential",
            [.conv2d(6, 4), .batchNorm(4), .make("ReLU"), .make("Dropout"), .conv2d(4, 5)])
        #expect(
            try steps(of: layer, channels: 5) == [
                "model.1.0 convolution 1 → 2", "model.1.4 convolution 2 → 3",
            ])
    }

    @Test func `normalisation and activation that stand alone become depthwise convolutions`()
        throws
    {
        let checkpoint = Checkpoint.make([
            .dynamic(3, 6), .batchNorm(6), .make("Hardswish"), .detect(channels: [6]),
        ])
        let graph = try NetworkBuilder.blueprint(of: checkpoint, overrides: .init()).graph
        let convolutions = graph.steps.prefix(3).compactMap(\.convolution)
        #expect(convolutions.map(\.groups) == [1, 6, 6])
        #expect(convolutions.map(\.activation) == [.identity, .identity, .hardswish])
        guard case .constant(let scale, _)? = convolutions[1].weights.constant,
            case .constant(let one, let zero)? = convolutions[2].weights.constant
        else {
            Issue.record("not constant")
            return
        }
        #expect(scale != one)
        #expect(one == [1, 1, 1, 1, 1, 1])
        #expect(zero == [0, 0, 0, 0, 0, 0])
    }

    @Test func `a fused block takes its bias from the convolution`() throws {
        let fused = Module.make(
            "Conv", ["conv": .conv2d(6, 4, 3, bias: true), "act": .make("SiLU")])
        let graph = try NetworkBuilder.blueprint(
            of: .around(fused, channels: 4), overrides: .init()
        ).graph
        let convolution = try #require(graph.steps[1].convolution)
        #expect(convolution.activation == .silu)
        guard case .constant(_, let bias) = convolution.weights else {
            Issue.record("not constant")
            return
        }
        #expect(bias == Tensor.make(4).floats())
    }

    @Test func `an identity block leaves its input as it is`() throws {
        #expect(try steps(of: .make("Identity"), channels: 6) == [])
        #expect(try steps(of: .list("Sequential", []), channels: 6) == [])
    }

    @Test func `names come from the file and are made up where it has none`() throws {
        let few = Checkpoint.make([.detect(channels: [3], classes: 4)], names: ["bolt", "nut"])
        let blueprint = try NetworkBuilder.blueprint(of: few, overrides: .init())
        let model = ModelDescription(of: few, name: nil, blueprint: blueprint)
        #expect(model.names == ["bolt", "nut", "class2", "class3"])
        #expect(model.name == "model")
        #expect(model.stride == 8)
        #expect(model.imageSize == 64)
        #expect(model.dynamicLayers == 0)
        #expect(model.routing == [])
        let many = Checkpoint.make([.detect(channels: [3], classes: 1)], names: ["a", "b"])
        #expect(
            ModelDescription(
                of: many, name: nil,
                blueprint: try NetworkBuilder.blueprint(of: many, overrides: .init())
            ).names == ["a"])
    }

    @Test(
        arguments: [
            ("0.42", 0.42), ("1", 1), (nil, 0.25), ("", 0.25), ("1.5", 0.25), ("-0.1", 0.25),
            ("nan", 0.25), ("often", 0.25),
        ] as [(String?, Float)])
    func `the confidence is what the file says, when that is a share`(
        _ said: String?, _ confidence: Float
    ) throws {
        let made = Checkpoint.make([.detect(channels: [3], classes: 1)])
        var metadata = made.metadata
        metadata.other["confidence"] = said
        let checkpoint = Checkpoint(root: made.root, metadata: metadata)
        let blueprint = try NetworkBuilder.blueprint(of: checkpoint, overrides: .init())
        let model = ModelDescription(of: checkpoint, name: nil, blueprint: blueprint)
        #expect(model.defaults.confidence == confidence)
    }

    @Test func `overlap and suppression across classes are what the file says, too`() throws {
        let made = Checkpoint.make([.detect(channels: [3], classes: 1)])
        var metadata = made.metadata
        metadata.other["iou"] = "0.5"
        metadata.other["agnostic"] = "true"
        let checkpoint = Checkpoint(root: made.root, metadata: metadata)
        let blueprint = try NetworkBuilder.blueprint(of: checkpoint, overrides: .init())
        let model = ModelDescription(of: checkpoint, name: nil, blueprint: blueprint)
        var expected = DetectionOptions()
        expected.iou = 0.5
        expected.isAgnostic = true
        #expect(model.defaults == expected)
    }
}

extension Module {
    static func bottleneck(_ channels: Int, add: Bool) -> Module {
        make(
            "Bottleneck", ["cv1": conv(channels, channels, 3), "cv2": conv(channels, channels, 3)],
            ["add": .bool(add)])
    }

    static func pool(_ kernel: Int, stride: Int?, padding: Int) -> Module {
        make(
            "MaxPool2d", [:],
            [
                "kernel_size": .int(kernel), "stride": stride.map { .int($0) } ?? .null,
                "padding": .int(padding), "dilation": .int(1), "ceil_mode": .bool(false),
            ])
    }
}

extension Inference.Operation {
    var word: String {
        switch self {
        case .convolution: "convolution"
        case .add: "add"
        case .maxPool(let kernel, let stride, let padding):
            "maxPool(\(kernel),\(stride),\(padding))"
        case .upsample(let factor): "upsample(\(factor))"
        case .concat: "concat"
        case .split: "split"
        }
    }
}

extension Graph.Step {
    var convolution: Convolution? {
        if case .convolution(let convolution) = operation { convolution } else { nil }
    }
}

extension Convolution.Weights {
    fileprivate var constant: Convolution.Weights? {
        if case .constant = self { self } else { nil }
    }
}
