import Checkpoints
import Inference
import Testing

@testable import Detection

@Suite struct DynamicConvolutionTests {
    /// The convolution that a layer on 6 channels becomes, and what was decided of its routing.
    private func build(
        _ layer: Module, channels: Int = 4, routing: Detector.Overrides.RoutingKind? = nil,
        other: [String: String] = [:]
    ) throws -> (convolution: Convolution, experts: Experts, decision: RoutingDecision?) {
        let checkpoint = Checkpoint.make(
            [.conv(3, 6, 3, stride: 2), layer, .detect(channels: [channels])], other: other)
        let blueprint = try NetworkBuilder.blueprint(
            of: checkpoint, overrides: .init(routing: routing))
        let convolution = try #require(blueprint.graph.steps[1].convolution)
        guard case .mixed(let experts) = convolution.weights else {
            throw ModelError.missing(module: "model.1", what: "experts")
        }
        return (convolution, experts, blueprint.records[1].contents.routing)
    }

    @Test func `experts and the router's Linear are taken as they are`() throws {
        let built = try build(.dynamic(6, 4, 3, experts: 5, bias: true))
        #expect(built.convolution.kernel == .init(3, 3))
        #expect(built.convolution.padding == .init(1, 1))
        #expect(built.experts.count == 5)
        #expect(built.experts.kernels == Tensor.make(5, 4 * 6 * 9).floats())
        #expect(built.experts.biases == Tensor.make(5, 4).floats())
        #expect(built.experts.shift == [0, 0, 0, 0])
        guard case .sigmoid(let weight, let bias) = built.experts.routing else {
            Issue.record("not sigmoid")
            return
        }
        #expect(weight == Tensor.make(5, 6).floats())
        #expect(bias == Tensor.make(5).floats())
        #expect(built.decision == RoutingDecision(kind: .sigmoid, reason: .shape, hidden: nil))
    }

    @Test(arguments: [1, 3, 5, 7])
    func `a window that is not stored follows from the count of weights`(_ kernel: Int) throws {
        let normed = Module.make(
            "Conv",
            [
                "conv": .dynamic(6, 4, kernel, groups: 2, stored: false), "bn": .batchNorm(4),
                "act": .make("SiLU"),
            ])
        let built = try build(normed)
        #expect(built.convolution.kernel == .init(kernel, kernel))
        #expect(built.convolution.outputChannels == 4)
        #expect(built.convolution.activation == .silu)
        #expect(
            try build(.dynamic(6, 4, kernel, bias: true, stored: false)).convolution.kernel
                == .init(kernel, kernel))
    }

    @Test func `channels that are not stored follow from the window`() throws {
        let layer = Module.dynamic(6, 4, 3, stored: false, ["kernel_size": .int(3)])
        #expect(try build(layer).convolution.outputChannels == 4)
    }

    @Test func `numbers may stand in the module that holds the experts' module`() throws {
        let inner = Module.dynamic(6, 4, 3, stored: false)
        let bare = inner.changing("cond_conv") {
            $0.without("stride").without("padding").without("groups")
        }
        let outer = bare.with([
            "kernel_size": .int(3), "stride": .int(2), "padding": .int(1), "groups": .int(1),
        ])
        #expect(try build(outer).convolution.stride == .init(2, 2))
    }

    @Test func `a layer's own normalisation and activation are fused`() throws {
        let plain = Module.dynamic(6, 4)
        let whole = Module(
            className: "DynamicConv", path: "",
            children: plain.children + [("bn", .batchNorm(4)), ("act", .make("ReLU"))],
            tensors: [:],
            attributes: [:])
        let built = try build(whole)
        #expect(built.convolution.activation == .relu)
        #expect(built.experts.shift != [0, 0, 0, 0])
    }

    @Test func `two Linears mean softmax, with the activation between them`() throws {
        let router = Module.list("Sequential", [.linear(6, 7), .make("ReLU"), .linear(7, 4)])
        let built = try build(.dynamic(6, 4, routing: router))
        guard
            case .softmax(let hiddenWeight, let hiddenBias, .relu, let weight, let bias) =
                built.experts.routing
        else {
            Issue.record("not softmax with ReLU")
            return
        }
        #expect(hiddenWeight == Tensor.make(7, 6).floats())
        #expect(hiddenBias == Tensor.make(7).floats())
        #expect(weight == Tensor.make(4, 7).floats())
        #expect(bias == Tensor.make(4).floats())
        #expect(built.decision == RoutingDecision(kind: .softmax, reason: .shape, hidden: 7))
    }

    @Test func `Linears are found under any names, and without bias`() throws {
        let router = Module.make(
            "Mlp",
            [
                "pool": .make("AdaptiveAvgPool2d"), "fc1": .linear(6, 3).without("bias"),
                "act": .make("SiLU"), "drop": .make("Dropout"), "fc2": .linear(3, 4),
            ])
        let built = try build(.dynamic(6, 4, routing: router))
        guard case .softmax(_, let hiddenBias, .silu, _, _) = built.experts.routing else {
            Issue.record("not softmax with SiLU")
            return
        }
        #expect(hiddenBias == [0, 0, 0])
    }

    @Test(
        arguments: [
            (nil, nil, nil, .sigmoid, .shape),
            (nil, nil, "Softmax", .softmax, .stored),
            (nil, "softmax", "Sigmoid", .softmax, .metadata),
            (.sigmoid, "softmax", "Softmax", .sigmoid, .override),
        ]
            as [(
                Detector.Overrides.RoutingKind?, String?, String?, Detector.Overrides.RoutingKind,
                RoutingDecision.Reason
            )])
    func `a flag stands above metadata, above a stored module, above the shape`(
        _ flag: Detector.Overrides.RoutingKind?, _ metadata: String?, _ stored: String?,
        _ kind: Detector.Overrides.RoutingKind, _ reason: RoutingDecision.Reason
    ) throws {
        let router = Module.list(
            "Sequential", [.linear(6, 4)] + (stored.map { [.make($0)] } ?? []))
        let built = try build(
            .dynamic(6, 4, routing: router), routing: flag,
            other: metadata.map { ["routing": $0] } ?? [:])
        #expect(built.decision == RoutingDecision(kind: kind, reason: reason, hidden: nil))
    }

    @Test func `softmax over one Linear hands its outputs on unchanged`() throws {
        let built = try build(.dynamic(6, 4), routing: .softmax)
        guard
            case .softmax(let hiddenWeight, _, .identity, let weight, let bias) =
                built.experts.routing
        else {
            Issue.record("not softmax")
            return
        }
        #expect(hiddenWeight == Tensor.make(4, 6).floats())
        #expect(weight == [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])
        #expect(bias == [0, 0, 0, 0])
    }

    @Test func `dynamic padding is honoured where it is the same on both sides`() throws {
        let same: [String: Attribute] = ["dynamic_padding": .bool(true), "padding": .pair(0)]
        #expect(try build(.dynamic(6, 4, 5, same)).convolution.padding == .init(2, 2))
        let dilated = same.merging(["dilation": .pair(2)]) { $1 }
        #expect(try build(.dynamic(6, 4, 4, dilated)).convolution.padding == .init(3, 3))
    }

    @Test(arguments: [
        (4, 1, "window 4×4 and stride 1"), (3, 2, "window 3×3 and stride 2"),
    ])
    func `dynamic padding that differs from side to side is refused`(
        _ kernel: Int, _ stride: Int, _ what: String
    ) {
        let layer = Module.dynamic(
            6, 4, kernel, ["dynamic_padding": .bool(true), "stride": .pair(stride)])
        #expect(
            throws: ModelError.unsupported(
                module: "model.1.cond_conv",
                reason: "its padding is not the same on both sides (\"same\" with \(what)); only "
                    + "symmetric padding is supported")
        ) { try build(layer) }
    }
}
