import Testing

@testable import Inference

struct SegmentationTests {
    private func layouts(_ graph: Graph) throws -> [[UInt8]] {
        try Segmentation(Lowering(graph)) { _ in false }.layouts.map(\.used)
    }

    @Test func `a split cuts its input, and through it what the input is added to`() throws {
        var graph = Graph()
        let a = try graph.add(.convolution(.make(3, 48)), graph.input)
        let b = try graph.add(.convolution(.make(3, 48)), graph.input)
        let sum = try graph.add(.add, a, b)
        let pooled = try graph.add(.maxPool(kernel: 3, stride: 1, padding: 1), sum)
        _ = try graph.append(.split([24, 24]), to: [pooled], named: "split")
        let layouts = try layouts(graph)
        // b is gone: it adds the sum itself.
        for value in [a, sum, pooled] { #expect(layouts[value.id] == [16, 8, 16, 8]) }
    }

    @Test func `several readers' cuts of one value are united`() throws {
        var graph = Graph()
        let a = try graph.add(.convolution(.make(3, 40)), graph.input)
        _ = try graph.append(.split([8, 32]), to: [a], named: "split")
        let parts = try graph.append(.split([30, 10]), to: [a], named: "split")
        let layouts = try layouts(graph)
        #expect(layouts[a.id] == [8, 16, 6, 10])
        #expect(layouts[parts[0].id] == [8, 16, 6])
    }

    @Test func `a cut in a part is a cut in the whole, and in the whole's other parts`() throws {
        var graph = Graph()
        let a = try graph.add(.convolution(.make(3, 20)), graph.input)
        let twice = try graph.add(.concat, a, a)
        _ = try graph.append(.split([5, 35]), to: [twice], named: "split")
        let layouts = try layouts(graph)
        #expect(layouts[a.id] == [5, 15])
        #expect(layouts[twice.id] == [5, 15, 5, 15])
    }

    @Test func `a convolution hands no cut on`() throws {
        var graph = Graph()
        let a = try graph.add(.convolution(.make(3, 20)), graph.input)
        let b = try graph.add(.convolution(.make(20, 20)), a)
        _ = try graph.append(.split([5, 15]), to: [b], named: "split")
        #expect(try layouts(graph)[a.id] == [16, 4])
    }

    @Test func `more cuts than a plain network has are refused`() throws {
        // Each sum is cut at each channel, for the next is it shifted by one.
        var graph = Graph(inputChannels: 8192)
        var value = graph.input
        for _ in 0..<200 {
            let parts = try graph.append(.split([1, 8191]), to: [value], named: "split")
            value = try graph.add(.add, try graph.add(.concat, parts[1], parts[0]), value)
        }
        #expect(throws: GraphError.self) { try layouts(graph) }
    }
}
