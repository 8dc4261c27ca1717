import Testing

@testable import Inference

struct PlacementTests {
    private func placement(_ graph: Graph) throws -> Placement {
        let lowering = Lowering(graph)
        return Placement(
            lowering, layouts: try Segmentation(lowering) { _ in false }.layouts)
    }

    /// What YOLOv8 is made of is never copied, at channel counts of any kind.
    @Test(arguments: [
        SampleGraph.c2fOdd, .c2fTwoDeep, .sppf, .neck, .mixedWithResidual, .concatOfConcats,
        .outputInsideConcat,
    ])
    func `blocks of the YOLO family are joined in place`(sample: SampleGraph) throws {
        #expect(try placement(sample.make()).copies.isEmpty)
    }

    @Test(arguments: [
        (SampleGraph.twoConcats, 2), (.twiceInOneConcat, 1), (.halfOfSplitInConcat, 1),
        (.swappedHalves, 2), (.splitToOnes, 5),
    ])
    func `what cannot be in two places is copied`(sample: SampleGraph, copies: Int) throws {
        #expect(try placement(sample.make()).copies.count == copies)
    }

    @Test(arguments: SampleGraph.allCases)
    func `every block of a concat's output is written by its input or a copy of it`(
        sample: SampleGraph
    ) throws {
        let graph = try sample.make()
        let lowering = Lowering(graph)
        let layouts = try Segmentation(lowering) { _ in false }.layouts
        let placement = Placement(lowering, layouts: layouts)
        for (index, node) in lowering.nodes.enumerated() {
            guard case .concat = node.kind else { continue }
            let whole = placement.places[node.outputs[0]]
            var block = whole.block
            for value in node.inputs {
                let wanted = Placement.Place(
                    buffer: whole.buffer, block: block, blocks: layouts[value].blocks)
                let isCopied = placement.copies.contains {
                    $0.node == index && $0.value == value && $0.to == wanted
                }
                #expect(isCopied != (placement.places[value] == wanted))
                block += layouts[value].blocks
            }
            #expect(block == whole.block + whole.blocks)
        }
    }
}
