import Checkpoints
import Inference
import Testing

@testable import Detection

/// What is not supported is refused with a sentence that names the place; nothing traps.
@Suite struct RefusalTests {
    private func refusal(of checkpoint: Checkpoint) -> String {
        do {
            _ = try NetworkBuilder.blueprint(of: checkpoint, overrides: .init())
            return "taken"
        } catch {
            return error.description
        }
    }

    @Test(arguments: Refused.layers)
    func `a layer that cannot be run is named`(_ refused: Refused) {
        #expect(refusal(of: .around(refused.module, channels: 4)) == refused.message)
    }

    @Test(arguments: Refused.dynamicLayers)
    func `a dynamic convolution that does not fit is named`(_ refused: Refused) {
        #expect(refusal(of: .around(refused.module, channels: 4)) == refused.message)
    }

    @Test(arguments: Refused.heads)
    func `a head that is not the plain one is named`(_ refused: Refused) {
        #expect(refusal(of: .make([.conv(3, 6), refused.module])) == refused.message)
    }

    @Test(arguments: [
        Module.detect(channels: [3], extra: [("dfl", .dfl([0, 1, 2, 3]))]),
        .detect(
            channels: [3], extra: [("one2one_cv2", .make("ModuleList"))],
            ["_end2end": .bool(false)]),
        .detect(channels: [3], bins: 1),
    ])
    func `heads that come to the plain one are taken`(_ head: Module) {
        #expect(refusal(of: .make([head])) == "taken")
    }

    @Test func `a model for another task, without layers or with an unknown routing is refused`() {
        #expect(
            refusal(of: .make([.detect(channels: [3])], task: "segment"))
                == "model: it is made for the task \"segment\"; supported is \"detect\"")
        #expect(refusal(of: .make([])) == "model: every layer is missing")
        let empty = Checkpoint(
            root: .make("Net"), metadata: Metadata(names: [], stride: 32, imageSize: 640))
        #expect(refusal(of: empty) == "model: its model is missing")
        #expect(
            refusal(of: .make([.detect(channels: [3])], other: ["routing": "top-2"]))
                == "model: its metadata asks for the routing \"top-2\"; supported are sigmoid and softmax"
        )
    }

    @Test func `modules in each other without end are refused`() {
        var nest = Module.make("Identity")
        for _ in 0..<100 { nest = .list("Sequential", [nest]) }
        let path = "model.1" + String(repeating: ".0", count: 24)
        #expect(
            refusal(of: .around(nest, channels: 6))
                == "\(path): modules stand in each other deeper than 24")
    }

    @Test func `channels that double with each layer are refused before they overflow`() {
        let double = Module.make("Concat", [:], ["d": .int(1)]).reading(
            .list([.int(-1), .int(-1)]))
        let layers = [Module](repeating: double, count: 70) + [.detect(channels: [3])]
        #expect(
            refusal(of: .make(layers)) == "model.14: channel count 98304 is not within 1...65536")
    }

    @Test func `weights that are no numbers are refused`() {
        let layer = Module.conv2d(6, 4).replacing(
            "weight", with: .make(4, 6, 1, 1, value: .infinity))
        #expect(refusal(of: .around(layer, channels: 4)).hasPrefix("model.1: "))
    }
}
