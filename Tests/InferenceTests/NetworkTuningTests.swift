import Testing

@testable import Inference

struct NetworkTuningTests {
    /// The mean error in units of the mean size.
    private func distance(_ found: [Float], _ expected: [Double]) -> Double {
        let size = expected.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let error = zip(found, expected).reduce(0) {
            $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1)
        }
        return size == 0 ? error : error.squareRoot() / size
    }

    /// A table that takes the rule's ways for a network's convolutions, or the others.
    private func table(_ number: Int, for network: Network) -> AlgorithmTable {
        let shapes = Set(network.program.steps.compactMap(\.algorithmShape))
        return AlgorithmTable(
            Dictionary(uniqueKeysWithValues: shapes.map { ($0, $0.candidates[number]) }))
    }

    @Test(arguments: SampleGraph.allCases, Precision.testable)
    func `every graph is near the reference, whatever the table says`(
        sample: SampleGraph, precision: Precision
    ) throws {
        let graph = try sample.make()
        let channels = sample.inputChannels
        let picture = Network.makeBytePictures(1, channels: channels, height: 12, width: 14)[0]
        let expected = Reference.run(
            graph, .make(picture, channels: channels, height: 12, width: 14))
        // Sums in float32; a rounding is 2^-9 of a bfloat16, and some 1/500 of a byte's range.
        let tolerance: Double =
            switch precision {
            case .fp32: 1e-5
            case .bf16: 0.015
            case .int8: 0.05
            }
        let network = try Network.make(graph, precision)
        for number in 0...1 {
            let algorithms = table(number, for: network)
            let turned = try Network.make(graph, precision, algorithms: algorithms)
            for case .convolution(let packed, _, _, _) in turned.program.steps.map(\.work) {
                guard let shape = packed.algorithmShape else { continue }
                #expect(packed.algorithm == shape.candidates[number])
            }
            let found = try turned.outputs(of: [picture], height: 12, width: 14)[0]
            for (found, expected) in zip(found, expected) {
                #expect(distance(found, expected.elements) < tolerance, "way \(number)")
            }
        }
    }

    @Test(arguments: Precision.testable)
    func `tuning measures each shape's ways, and cuts the best`(precision: Precision) throws {
        let network = try Network.make(SampleGraph.c2fTwoDeep.make(), precision)
        let tuning = try network.tune(
            runs: 1, height: 12, width: 14, in: network.makeWorkspace(), on: Crew(size: 1).lane(0)
        ) { $0.fill(pixels: [UInt8](repeating: 9, count: 12 * 14 * 3).span) }
        let shapes = network.program.steps.compactMap(\.algorithmShape)
        #expect(Set(tuning.algorithms.map(\.shape)) == Set(shapes))
        #expect(tuning.algorithms.count == Set(shapes).count)
        for timing in tuning.algorithms { #expect(timing.rule > .zero && timing.other > .zero) }
        #expect(shapes.isEmpty == (precision == .int8))
        // The cuts are those of a network made by what was found.
        var best = AlgorithmTable()
        best.take(tuning.algorithms)
        let made = try Network.make(
            SampleGraph.c2fTwoDeep.make(), precision, algorithms: best)
        let cuts = try made.plan(height: 12, width: 14).sections
            .compactMap { ($0 as? any CutSection)?.shape }
        #expect(Set(tuning.cuts.map(\.shape)) == Set(cuts))
    }
}
