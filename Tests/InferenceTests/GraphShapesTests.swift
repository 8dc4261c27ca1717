import Testing

@testable import Inference

struct GraphShapesTests {
    @Test(arguments: [
        (7, 2, 3, 640, 320), (3, 2, 1, 13, 7), (5, 1, 2, 1, 1), (1, 4, 0, 9, 3), (3, 1, 0, 3, 1),
    ])
    func `a window fits so often on a side`(
        kernel: Int, stride: Int, padding: Int, side: Int, expected: Int
    ) throws {
        var graph = Graph()
        _ = try graph.add(
            .convolution(.make(3, 2, kernel: kernel, stride: stride, padding: padding)), graph.input
        )
        let shapes = try graph.shapes(height: side, width: 9)
        #expect(shapes[1].height == expected)
    }

    @Test func `dilation widens the window`() throws {
        var graph = Graph()
        _ = try graph.add(.convolution(.make(3, 2, padding: 0, dilation: 3)), graph.input)
        #expect(try graph.shapes(height: 7, width: 8)[1] == .init(height: 1, width: 2))
        #expect(throws: GraphError.self) { try graph.shapes(height: 6, width: 8) }
    }

    @Test(arguments: [0, -1, Int.min, Int.max, GraphLimits.sideMax + 1])
    func `a picture's side has limits`(side: Int) throws {
        let network = try Network(try SampleGraph.stem.make())
        #expect(throws: GraphError.self) { try network.plan(height: side, width: 32) }
        #expect(throws: GraphError.self) { try network.plan(height: 32, width: side) }
    }

    @Test func `maps of different shape do not meet, and the step is named`() throws {
        var graph = Graph()
        let small = try graph.add(.convolution(.make(3, 3, stride: 2)), graph.input)
        let up = try graph.add(.upsample(factor: 2), small)
        graph.setOutputs([try graph.add(.concat, graph.input, up, name: "join")])
        let network = try Network(graph)
        _ = try network.plan(height: 8, width: 8)
        #expect(throws: GraphError.shape(reason: "join 2: joins maps of 7×8 and 8×8")) {
            try network.plan(height: 7, width: 8)
        }
    }

    @Test func `a pass beyond the memory limit is refused before anything is allocated`() throws {
        let network = try Network(try SampleGraph.stem.make())
        let side = GraphLimits.sideMax
        #expect(throws: GraphError.self) { try network.plan(height: side, width: side) }
        var growing = Graph()
        var value = growing.input
        for _ in 0..<6 { value = try growing.add(.upsample(factor: 64), value) }
        growing.setOutputs([value])
        #expect(throws: GraphError.self) { try Network(growing).plan(height: 1, width: 1) }
    }
}
