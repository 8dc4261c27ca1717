import Dispatch
import Synchronization
import Testing

@testable import Inference

/// The answer for a picture is bitwise the same whatever the batch, the threads and the neighbours.
struct NetworkSamenessTests {
    /// Enough rows and channels for several items a section, with mixing, a concat and a residual.
    private func makeGraph() throws -> Graph {
        var graph = Graph()
        let a = try graph.add(.convolution(.make(3, 40, stride: 2)), graph.input)
        let parts = try graph.append(.split([20, 20]), to: [a], named: "split")
        let b = try graph.add(.convolution(.makeMixed(20, 20)), parts[1])
        let c = try graph.add(.add, b, parts[1])
        let all = try graph.add(.concat, parts[0], parts[1], c)
        graph.setOutputs([all, try graph.add(.convolution(.makeMixed(60, 70, hidden: 9)), all)])
        return graph
    }

    private static let size = (height: 75, width: 90)

    @Test func `alone or in a batch`() throws {
        let network = try Network(makeGraph())
        let pictures = Network.makePictures(3, height: 17, width: 14)
        let batch = try network.outputs(of: pictures, height: 17, width: 14)
        for (picture, expected) in zip(pictures, batch) {
            #expect(try network.outputs(of: [picture], height: 17, width: 14) == [expected])
        }
        #expect(batch[0] != batch[1])
    }

    @Test func `after another shape in the same workspace`() throws {
        let network = try Network(makeGraph())
        let workspace = network.makeWorkspace()
        let pictures = Network.makePictures(1, height: 9, width: 11)
        let fresh = try network.outputs(of: pictures, height: 9, width: 11)
        let large = Network.makePictures(1, height: 30, width: 31, seed: 3)
        _ = try network.outputs(of: large, height: 30, width: 31, in: workspace)
        #expect(try network.outputs(of: pictures, height: 9, width: 11, in: workspace) == fresh)
    }

    @Test func `after a picture of infinities and NaN`() throws {
        let network = try Network(makeGraph())
        let workspace = network.makeWorkspace()
        let pictures = Network.makePictures(1, height: 9, width: 11)
        let fresh = try network.outputs(of: pictures, height: 9, width: 11)
        for poison in [Float.nan, .infinity] {
            _ = try network.outputs(
                of: [[Float](repeating: poison, count: 3 * 9 * 11)], height: 9, width: 11,
                in: workspace)
            #expect(try network.outputs(of: pictures, height: 9, width: 11, in: workspace) == fresh)
        }
    }

    @Test(arguments: Precision.testable, 0..<4)
    func `however its convolutions are cut`(precision: Precision, number: Int) throws {
        let (height, width) = Self.size
        func outputs(_ cuts: CutTable) throws -> (Plan, [[[Float]]]) {
            let network = try Network.make(
                makeGraph(), precision, height: height, width: width, cuts: cuts)
            let pictures = Network.makeBytePictures(1, height: height, width: width)
            return (
                try network.plan(height: height, width: width),
                try network.outputs(of: pictures, height: height, width: width)
            )
        }
        let (plan, expected) = try outputs(CutTable())
        var cuts: [CutShape: Cut] = [:]
        for case let section as any CutSection in plan.sections {
            let candidates = section.candidates
            cuts[section.shape] = candidates[(candidates.count - 1) * number / 3]
        }
        let (other, found) = try outputs(CutTable(cuts))
        #expect(other.sections.map(\.items) != plan.sections.map(\.items))
        #expect(found == expected)
    }

    @Test(arguments: SampleGraph.allCases)
    func `in memory full of NaN`(sample: SampleGraph) throws {
        let network = try Network(sample.make())
        let (height, width) = (8, 10)
        let picture = Network.makePictures(
            1, channels: sample.inputChannels, height: height, width: width)
        let fresh = try network.outputs(of: picture, height: height, width: width)
        // One value without a halo, larger than the arena that comes after it, lies at its start.
        var poison = Graph()
        poison.setOutputs([
            try poison.add(
                .convolution(.make(3, 64, kernel: 1, activation: .identity)), poison.input)
        ])
        let side = 48
        #expect(try network.plan(height: height, width: width).count < 64 * side * side)
        let workspace = network.makeWorkspace()
        _ = try Network(poison).outputs(
            of: [[Float](repeating: .nan, count: 3 * side * side)], height: side, width: side,
            in: workspace)
        let found = try network.outputs(
            of: picture, height: height, width: width, in: workspace)
        #expect(found == fresh)
    }

    @Test(arguments: [2, 4])
    func `on one thread or several, one leader or several`(threads: Int) throws {
        let network = try Network(makeGraph())
        let (height, width) = Self.size
        let pictures = Network.makePictures(2, height: height, width: width)
        let (pixels, tensor) = Network.makePixels(height: height, width: width)
        let expected = try network.outputs(
            of: pictures + [tensor], height: height, width: width)
        let plan = try network.plan(height: height, width: width)
        #expect(plan.sections.contains { $0.items > 4 })
        #expect(plan.keepsPixels)
        try onSeveral(threads: threads) { lane in
            let found = try network.outputs(
                of: pictures + [tensor], height: height, width: width, on: lane)
            #expect(found == expected)
            let ofPixels = try network.outputs(
                ofPixels: pixels, height: height, width: width, on: lane)
            #expect(ofPixels == expected[2])
        }
    }

    /// Enough groups for the tiles to be shared, and for each thread to mix some.
    @Test(arguments: [1, 2, 4])
    func `where items mix their groups' kernels, however they are cut`(groupsOfItem: Int) throws {
        let (height, width) = (17, 14)
        func network(_ cuts: CutTable) throws -> Network {
            var graph = Graph()
            let a = try graph.add(.convolution(.make(3, 40, stride: 2)), graph.input)
            let b = try graph.add(.convolution(.makeMixed(40, 130, inHalves: true)), a)
            graph.setOutputs([try graph.add(.convolution(.makeMixed(130, 130)), b)])
            return try Network(graph, cuts: cuts)
        }
        let plain = try network(CutTable())
        let sections = try plain.plan(height: height, width: width).sections
        #expect(sections.count { $0.kind == .winogradMixing } == 2)
        #expect(!sections.contains { $0.kind == .mixing })
        var cuts: [CutShape: Cut] = [:]
        for case let section as any CutSection in sections where section.kind == .winogradMixing {
            cuts[section.shape] = Cut(run: 100, groups: groupsOfItem)
        }
        let pictures = Network.makePictures(2, height: height, width: width)
        let expected = try plain.outputs(of: pictures, height: height, width: width)
        let other = try network(CutTable(cuts))
        try onSeveral(threads: 2) { lane in
            let found = try other.outputs(of: pictures, height: height, width: width, on: lane)
            #expect(found == expected)
        }
    }

    /// Half of the threads lead, three times each; the others help.
    private func onSeveral(
        threads: Int, _ lead: @Sendable (Crew.Lane) throws -> Void
    ) throws {
        let crew = Crew(size: threads)
        let leaders = threads / 2
        let isDone = Atomic<Bool>(false)
        let helpers = DispatchGroup()
        for seat in leaders..<threads {
            DispatchQueue(label: "helper").async(group: helpers) {
                while !isDone.load(ordering: .relaxed) {
                    crew.assist(as: seat) { !isDone.load(ordering: .relaxed) }
                }
            }
        }
        DispatchQueue.concurrentPerform(iterations: leaders) { seat in
            #expect(throws: Never.self) {
                for _ in 0..<3 { try lead(crew.lane(seat)) }
            }
        }
        isDone.store(true, ordering: .relaxed)
        helpers.wait()
    }
}
