import Checkpoints
import Inference
import Testing

@testable import Detection

@Suite struct ModelReportTests {
    private func report(_ layer: Module, channels: Int) throws -> ModelReport {
        try Detector(.around(layer, channels: channels)).report(height: 32, width: 48)
    }

    @Test func `a plain convolution costs its weights at every cell`() throws {
        let report = try report(.conv(6, 4, 3, stride: 2), channels: 4)
        let layer = try #require(report.layers.first { $0.module == "model.1" })
        #expect(layer.className == "Conv")
        #expect(layer.operation == "convolution")
        #expect(layer.inputs == [[6, 16, 24]])
        #expect(layer.outputs == [[4, 8, 12]])
        #expect(layer.parameters == 6 * 4 * 9 + 2 * 4)
        #expect(layer.flops == 2 * 6 * 4 * 9 * 8 * 12)
        #expect(layer.dynamic == nil)
        #expect(report.inputShape == [3, 32, 48])
        #expect(report.flops == report.layers.map(\.flops).reduce(0, +))
        #expect(report.model.parameters == report.layers.map(\.parameters).reduce(0, +))
    }

    @Test func `a dynamic convolution holds M times the weights at about the same arithmetic`()
        throws
    {
        let report = try report(.dynamic(6, 4, 3, experts: 5), channels: 4)
        let layer = try #require(report.layers.first { $0.module == "model.1" })
        let cost = try #require(layer.dynamic)
        let weights = 6 * 4 * 9
        let cells = 16 * 24
        #expect(cost.experts == 5)
        #expect(layer.parameters == 5 * weights + 6 * 5 + 5)
        #expect(cost.parameters.formula == "M/(C_out·k²) + M")
        #expect(abs(cost.parameters.expected - (5.0 / 36 + 5)) < 1e-12)
        #expect(abs(cost.parameters.counted - Double(layer.parameters) / Double(weights)) < 1e-12)
        #expect(cost.flops.formula == "1 + M/(H'·W'·C_out·k²) + M/(H'·W')")
        #expect(
            abs(cost.flops.expected - (1 + 5.0 / 36 / Double(cells) + 5.0 / Double(cells))) < 1e-12)
        // Convolution, mean, router, mixing.
        #expect(
            layer.flops
                == 2 * weights * cells + 6 * 16 * 24 + 2 * 6 * 5 + 5 + 2 * 5 * weights)
        #expect(
            abs(cost.flops.counted - Double(layer.flops) / Double(2 * weights * cells)) < 1e-12)
    }

    @Test func `with a hidden layer of C_in the ratios are the paper's`() throws {
        let router = Module.list("Sequential", [.linear(6, 6), .make("ReLU"), .linear(6, 4)])
        let report = try report(.dynamic(6, 4, 3, routing: router), channels: 4)
        let cost = try #require(report.layers[1].dynamic)
        let (input, output, window, m, cells) = (6.0, 4.0, 9.0, 4.0, 16.0 * 24)
        #expect(
            abs(cost.parameters.expected - (input / (output * window) + m / (output * window) + m))
                < 1e-12)
        #expect(
            abs(
                cost.flops.expected
                    - (1 + input / (cells * output * window) + m / (cells * output * window) + m
                        / cells))
                < 1e-12)
    }

    @Test func `groups are in the formula`() throws {
        let report = try report(
            .dynamic(6, 6, 3, groups: 6, routing: .linear(6, 4)), channels: 6)
        let cost = try #require(report.layers[1].dynamic)
        #expect(cost.parameters.formula == "g·M/(C_out·k²) + M")
        #expect(abs(cost.parameters.expected - (6 * 4.0 / (6 * 9) + 4)) < 1e-12)
    }

    @Test func `biases of experts are counted on both sides`() throws {
        let report = try report(.dynamic(6, 4, 1, experts: 2, bias: true), channels: 4)
        let layer = report.layers[1]
        #expect(layer.parameters == 2 * (24 + 4) + 12 + 2)
        #expect(
            layer.dynamic?.parameters.counted == Double(2 * (24 + 4) + 12 + 2) / Double(24 + 4))
    }

    @Test func `every step of a whole model is listed`() throws {
        let detector = try Detector(Checkpoint(path: Goldens.path("dynamic.pt")))
        let report = try detector.report(height: 64, width: 96)
        #expect(report.layers.count == detector.network.graph.steps.count)
        let dynamic = report.layers.filter { $0.dynamic != nil }
        #expect(
            dynamic.map(\.module) == [
                "model.2.m.0.cv1", "model.2.m.0.cv2", "model.2.m.1.cv1", "model.2.m.1.cv2",
                "model.8.m.0.cv1", "model.8.m.0.cv2",
            ])
        #expect(report.layers.first { $0.operation == "concat" }?.module == "model.2")
        #expect(throws: GraphError.self) { try detector.report(height: 0, width: 64) }
    }
}
