import Testing

@testable import Inference

struct NetworkDynamicConvTests {
    /// The engine's answer to a golden's pictures, run as one batch.
    private func outputs(_ golden: DynamicConvGolden, _ isa: ISA) throws -> [Reference.FeatureMap] {
        var graph = Graph(inputChannels: golden.layer.inputChannels)
        let made = try graph.append(
            .convolution(golden.layer), to: [graph.input], named: "dynamic")
        graph.setOutputs(made)
        let network = try Network(graph, isa: isa)
        let inputs = golden.inputs.map { $0.elements.map { Float($0) } }
        var maps: [Reference.FeatureMap] = []
        try network.run(
            pictures: inputs.count, height: golden.inputs[0].height,
            width: golden.inputs[0].width, in: network.makeWorkspace(),
            on: Crew(size: 1).lane(0),
            load: { i, input in
                let picture = inputs[i]
                input.fill(tensor: picture.span)
            },
            unload: { _, outputs in
                let shape = outputs.shape(0)
                var elements: [Double] = []
                for c in 0..<shape.channels {
                    for y in 0..<shape.height {
                        let row = outputs.row(0, block: c / 16, y: y)
                        for x in 0..<shape.width { elements.append(Double(row[x * 16 + c % 16])) }
                    }
                }
                maps.append(
                    Reference.FeatureMap(
                        channels: shape.channels, height: shape.height, width: shape.width,
                        elements: elements))
            })
        return maps
    }

    @Test(arguments: DynamicConvGolden.names)
    func `the engine mixes as PyTorch and timm do, picture by picture`(name: String) throws {
        let golden = try DynamicConvGolden(name)
        for isa in ISA.available {
            let maps = try outputs(golden, isa)
            #expect(maps.count == golden.outputs.count)
            for (map, expected) in zip(maps, golden.outputs) {
                // float32 against float64; a picture mixed by its neighbour's α is off by tenths.
                #expect(map.distance(to: expected) < 1e-5, "\(isa)")
            }
        }
    }
}
