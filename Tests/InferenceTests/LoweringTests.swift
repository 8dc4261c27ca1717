import Testing

@testable import Inference

struct LoweringTests {
    /// Names of the nodes that are convolutions with a residual.
    private func fused(_ graph: Graph) -> [String] {
        Lowering(graph).nodes.compactMap { node in
            if case .convolution(_, _?) = node.kind { node.name } else { nil }
        }
    }

    @Test func `an add behind a convolution that nobody else reads becomes its residual`() throws {
        var graph = Graph()
        let a = try graph.add(.convolution(.make(3, 8)), graph.input, name: "a")
        let b = try graph.add(.convolution(.make(8, 8)), a, name: "b")
        graph.setOutputs([try graph.add(.add, a, b, name: "sum")])
        #expect(fused(graph) == ["b 1"])
        #expect(Lowering(graph).nodes.count == 2)
    }

    @Test func `of two convolutions the later adds`() throws {
        var graph = Graph()
        let a = try graph.add(.convolution(.make(3, 8)), graph.input, name: "a")
        let b = try graph.add(.convolution(.make(3, 8)), graph.input, name: "b")
        graph.setOutputs([try graph.add(.add, b, a)])
        #expect(fused(graph) == ["b 1"])
    }

    @Test(arguments: [SampleGraph.addOfOneValueTwice, .fusedValueIsOutput])
    func `a convolution that others read adds nothing`(sample: SampleGraph) throws {
        #expect(fused(try sample.make()).isEmpty)
    }

    @Test func `a picture is widened only for those who need blocks`() throws {
        func copies(_ sample: SampleGraph) throws -> Int {
            Lowering(try sample.make()).nodes.count {
                if case .copy = $0.kind { true } else { false }
            }
        }
        #expect(try copies(.stem) == 0)
        #expect(try copies(.manyInputChannels) == 0)
        #expect(try copies(.pictureEverywhere) == 1)
        #expect(try copies(.mixedOnPicture) == 1)
    }
}
