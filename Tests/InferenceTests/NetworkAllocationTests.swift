import CAllocationCount
import Testing

@testable import Inference

struct NetworkAllocationTests {
    @Test(
        .enabled(if: allocation_count_works()),
        arguments: [
            SampleGraph.c2fOdd, .sppf, .neck, .mixed, .mixedSoftmax, .mixedDepthwise, .twoConcats,
            .pictureEverywhere, .cutOutput,
        ], Precision.testable)
    func `a pass allocates nothing once its shape is known`(
        sample: SampleGraph, precision: Precision
    ) throws {
        let network = try Network.make(sample.make(), precision)
        let workspace = network.makeWorkspace()
        let picture = Network.makeBytePictures(1, height: 12, width: 14)[0]
        let pixels = [UInt8](repeating: 57, count: 12 * 14 * 3)
        // A picture comes as bytes, but where the sample's input is no picture.
        let hasPixels = network.graph.channels(of: network.graph.input) == 3
        let lane = Crew(size: 2).lane(0)
        var sum: Float = 0
        func pass() throws {
            try network.run(
                pictures: 2, height: 12, width: 14, in: workspace, on: lane,
                load: { i, input in
                    if i == 0 && hasPixels {
                        input.fill(pixels: pixels.span)
                    } else {
                        input.fill(tensor: picture.span)
                    }
                },
                unload: { sum += $1.row(0, block: 0, y: 0)[0] })
        }
        try pass()
        let before = allocation_count()
        try pass()
        #expect(allocation_count() == before)
        #expect(sum != 0)
    }

    @Test(.enabled(if: allocation_count_works()))
    func `what is allocated is counted`() {
        let before = allocation_count()
        let numbers = Array(0..<1000).shuffled()
        #expect(allocation_count() > before)
        #expect(numbers.count == 1000)
    }
}
