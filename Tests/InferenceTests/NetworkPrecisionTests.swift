import Dispatch
import Synchronization
import Testing

@testable import Inference

/// Networks whose numbers are stored narrow, against the reference and against themselves.
struct NetworkPrecisionTests {
    /// The mean error in units of the mean size.
    private func distance(_ found: [Float], _ expected: [Double]) -> Double {
        let size = expected.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let error = zip(found, expected).reduce(0) {
            $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1)
        }
        return size == 0 ? error : error.squareRoot() / size
    }

    @Test(arguments: SampleGraph.allCases, Precision.narrow)
    func `every graph is near the reference`(sample: SampleGraph, precision: Precision) throws {
        let graph = try sample.make()
        let channels = sample.inputChannels
        let network = try Network.make(graph, precision)
        let picture = Network.makeBytePictures(1, channels: channels, height: 12, width: 14)[0]
        let expected = Reference.run(
            graph, .make(picture, channels: channels, height: 12, width: 14))
        let found = try network.outputs(of: [picture], height: 12, width: 14)[0]
        for (found, expected) in zip(found, expected) {
            // A rounding is 2^-9 of a bfloat16, and some 1/500 of a byte's range.
            let tolerance = precision == .bf16 ? 0.015 : 0.05
            #expect(distance(found, expected.elements) < tolerance)
        }
    }

    /// Enough rows and channels for several items a section, with mixing, a concat and a residual.
    private func makeGraph() throws -> Graph {
        var graph = Graph()
        let a = try graph.add(.convolution(.make(3, 40, stride: 2)), graph.input)
        let parts = try graph.append(.split([20, 20]), to: [a], named: "split")
        let b = try graph.add(.convolution(.makeMixed(20, 20)), parts[1])
        let c = try graph.add(.add, b, parts[1])
        let all = try graph.add(.concat, parts[0], parts[1], c)
        let d = try graph.add(.convolution(.makeMixed(60, 70, kernel: 1, hidden: 9)), all)
        graph.setOutputs([all, d])
        return graph
    }

    @Test(arguments: Precision.narrow)
    func `a picture's answer is the same alone, in a batch and after any other`(
        precision: Precision
    ) throws {
        let network = try Network.make(makeGraph(), precision, height: 17, width: 14)
        let pictures = Network.makeBytePictures(3, height: 17, width: 14)
        let workspace = network.makeWorkspace()
        _ = try network.outputs(
            of: [[Float](repeating: .nan, count: 3 * 17 * 14)], height: 17, width: 14,
            in: workspace)
        let batch = try network.outputs(of: pictures, height: 17, width: 14, in: workspace)
        for (picture, expected) in zip(pictures, batch) {
            #expect(try network.outputs(of: [picture], height: 17, width: 14) == [expected])
        }
        #expect(batch[0] != batch[1])
    }

    @Test(arguments: Precision.narrow)
    func `and on one thread or several`(precision: Precision) throws {
        let network = try Network.make(makeGraph(), precision, height: 75, width: 90)
        let pictures = Network.makeBytePictures(1, height: 75, width: 90)
        let expected = try network.outputs(of: pictures, height: 75, width: 90)
        let crew = Crew(size: 3)
        let isDone = Atomic<Bool>(false)
        let helpers = DispatchGroup()
        for seat in 1..<3 {
            DispatchQueue(label: "helper").async(group: helpers) {
                while !isDone.load(ordering: .relaxed) {
                    crew.assist(as: seat) { !isDone.load(ordering: .relaxed) }
                }
            }
        }
        for _ in 0..<3 {
            let found = try network.outputs(
                of: pictures, height: 75, width: 90, on: crew.lane(0))
            #expect(found == expected)
        }
        isDone.store(true, ordering: .relaxed)
        helpers.wait()
    }

    @Test(arguments: Precision.narrow)
    func `a pass needs less memory than of floats`(precision: Precision) throws {
        let graph = try SampleGraph.c2fOdd.make()
        let wide = try Network(graph).plan(height: 64, width: 64).count
        let narrow = try Network.make(graph, precision).plan(height: 64, width: 64).count
        #expect(narrow * (precision == .bf16 ? 3 : 4) < wide * 2)
    }
}
