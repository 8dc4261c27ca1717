import Testing

@testable import Inference

struct GraphTests {
    @Test func `a step names its outputs and their channels`() throws {
        var graph = Graph()
        let a = try graph.append(
            .convolution(.make(3, 10)), to: [graph.input], named: "model.0")[0]
        let parts = try graph.append(.split([4, 6]), to: [a], named: "model.1")
        let all = try graph.append(.concat, to: [a] + parts, named: "model.2")[0]
        #expect(([a] + parts + [all]).map(graph.channels(of:)) == [10, 4, 6, 20])
        #expect(graph.steps.map(\.name) == ["model.0", "model.1", "model.2"])
        #expect(graph.steps[2].inputs == [a] + parts)
    }

    /// What no file may make us do, each with a word that its refusal must hold.
    static let misfits: [(String, Operation, Int)] = [
        ("takes 4 channels", .convolution(.make(4, 8)), 1),
        ("one input", .convolution(.make(3, 8)), 2),
        ("kernel 0", .maxPool(kernel: 0, stride: 1, padding: 0), 1),
        ("kernel \(Int.max)", .maxPool(kernel: .max, stride: 1, padding: 0), 1),
        ("stride 0", .maxPool(kernel: 2, stride: 0, padding: 0), 1),
        ("padding 2", .maxPool(kernel: 3, stride: 1, padding: 2), 1),
        ("padding -1", .maxPool(kernel: 3, stride: 1, padding: -1), 1),
        ("factor 0", .upsample(factor: 0), 1),
        ("factor \(Int.max)", .upsample(factor: .max), 1),
        ("equal channels", .add, 1),
        ("part count 0", .concat, 0),
        ("part count 300", .concat, 300),
        ("part count 0", .split([]), 1),
        ("splits 3", .split([1, 1]), 1),
        ("splits 3", .split([0, 3]), 1),
        ("splits 3", .split([-1, 4]), 1),
        ("splits 3", .split([.max, .max]), 1),
    ]

    @Test(arguments: misfits)
    func `what does not fit is refused with the step's name`(
        reason: String, operation: Operation, inputs: Int
    ) throws {
        var graph = Graph()
        let values = Array(repeating: graph.input, count: inputs)
        let error = try #require(throws: GraphError.self) {
            try graph.append(operation, to: values, named: "model.7")
        }
        guard case .invalid("model.7", let said) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(said.contains(reason))
        #expect(graph.steps.isEmpty && graph.channels == [3])
    }

    /// Changes to a sound convolution that make it none.
    static let spoils: [(String, @Sendable (inout Convolution) -> Void)] = [
        ("kernel 0", { $0.kernel.height = 0 }),
        ("kernel 256", { $0.kernel.width = 256 }),
        ("kernel -3", { $0.kernel.width = -3 }),
        ("stride 0", { $0.stride.width = 0 }),
        ("dilation 0", { $0.dilation.height = 0 }),
        ("padding -1", { $0.padding.height = -1 }),
        ("padding \(Int.max)", { $0.padding.height = .max }),
        ("groups", { $0.groups = 0 }),
        ("groups", { $0.groups = -1 }),
        ("groups", { $0.groups = 2 }),
        ("output channel count 0", { $0.outputChannels = 0 }),
        ("output channel count \(Int.max)", { $0.outputChannels = .max }),
        ("kernel has 215 numbers, not 216", { $0.setKernel { $0.removeLast() } }),
        ("kernel is not finite", { $0.setKernel { $0[3] = .nan } }),
        ("kernel is not finite", { $0.setKernel { $0[3] = .infinity } }),
        (
            "bias has 7",
            { $0.weights = .constant(kernel: $0.kernelNumbers, bias: [0, 0, 0, 0, 0, 0, 0]) }
        ),
    ]

    @Test(arguments: spoils.indices)
    func `a convolution that cannot be is refused`(index: Int) throws {
        let (reason, spoil) = Self.spoils[index]
        var convolution = Convolution.make(3, 8)
        spoil(&convolution)
        try Self.expect(reason, refusing: convolution)
    }

    /// Changes to sound experts that make them none.
    static let expertSpoils: [(String, @Sendable (inout Experts) -> Void)] = [
        ("expert count 0", { $0.count = 0 }),
        ("expert count -1", { $0.count = -1 }),
        ("expert count \(Int.max)", { $0.count = .max }),
        ("experts has", { $0.count = 3 }),
        ("experts has", { $0.kernels.append(0) }),
        ("experts is not finite", { $0.kernels[0] = -.infinity }),
        ("expert biases has", { $0.biases.removeAll() }),
        ("shift has 0", { $0.shift = [] }),
        ("routing weight has", { $0.routing = .sigmoid(weight: [], bias: [0, 0, 0, 0]) }),
        (
            "routing bias has",
            { $0.routing = .sigmoid(weight: .init(repeating: 0, count: 12), bias: [0]) }
        ),
        (
            "hidden routing width 0",
            {
                $0.routing = .softmax(
                    hiddenWeight: [], hiddenBias: [], activation: .relu, weight: [],
                    bias: [0, 0, 0, 0])
            }
        ),
        (
            "hidden routing weight has 1",
            {
                $0.routing = .softmax(
                    hiddenWeight: [1], hiddenBias: [1, 1], activation: .relu, weight: [],
                    bias: [0, 0, 0, 0])
            }
        ),
    ]

    @Test(arguments: expertSpoils.indices)
    func `experts that cannot be are refused`(index: Int) throws {
        let (reason, spoil) = Self.expertSpoils[index]
        var convolution = Convolution.makeMixed(3, 8)
        guard case .mixed(var experts) = convolution.weights else { return }
        spoil(&experts)
        convolution.weights = .mixed(experts)
        try Self.expect(reason, refusing: convolution)
    }

    private static func expect(_ reason: String, refusing convolution: Convolution) throws {
        var graph = Graph()
        let error = try #require(throws: GraphError.self) {
            try graph.append(.convolution(convolution), to: [graph.input], named: "model.7")
        }
        guard case .invalid("model.7", let said) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(said.contains(reason), "\(said)")
    }

    @Test(arguments: [0, -1, Int.min, Int.max])
    func `a picture of no channels or too many is refused`(channels: Int) {
        var graph = Graph(inputChannels: channels)
        #expect(throws: GraphError.self) { try Network(graph) }
        #expect(throws: GraphError.self) {
            try graph.append(.split([1]), to: [graph.input], named: "split")
        }
    }

    @Test func `a value of another graph is refused`() throws {
        var other = Graph()
        let foreign = try other.add(.convolution(.make(3, 8)), other.input)
        var graph = Graph()
        #expect(throws: GraphError.invalid(step: "cat", reason: "an input of another graph")) {
            try graph.append(.concat, to: [foreign], named: "cat")
        }
    }

    @Test func `a graph has a largest length`() throws {
        var graph = Graph()
        for _ in 0..<GraphLimits.stepsMax { _ = try graph.add(.upsample(factor: 1), graph.input) }
        #expect(throws: GraphError.self) { try graph.add(.upsample(factor: 1), graph.input) }
    }
}

extension Convolution {
    fileprivate var kernelNumbers: [Float] {
        if case .constant(let kernel, _) = weights { kernel } else { [] }
    }

    fileprivate mutating func setKernel(_ change: (inout [Float]) -> Void) {
        guard case .constant(var kernel, let bias) = weights else { return }
        change(&kernel)
        weights = .constant(kernel: kernel, bias: bias)
    }
}
