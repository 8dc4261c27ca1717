import Testing

@testable import Inference

@Suite struct NetworkTests {
    /// Float32 against the reference's float64.
    ///
    /// Sums of at most 400 products of numbers near one, in float32: 1e-5 is fifty times what was
    /// seen, and a wrong channel is off by tenths.
    static let tolerance = 1e-5

    @Test(arguments: SampleGraph.allCases)
    func `a network computes what its graph says`(sample: SampleGraph) throws {
        let graph = try sample.make()
        let (height, width) = (10, 14)
        let picture = Network.makePictures(
            1, channels: sample.inputChannels, height: height, width: width)[0]
        let expected = Reference.run(
            graph, .make(picture, channels: graph.channels[0], height: height, width: width))
        for isa in ISA.available {
            let found = try Network(graph, isa: isa)
                .outputs(of: [picture], height: height, width: width)[0]
            try #require(found.count == expected.count)
            for (found, expected) in zip(found, expected) {
                #expect(Self.distance(found, expected.elements) < Self.tolerance, "\(isa)")
            }
        }
    }

    @Test(arguments: [(1, 1), (1, 7), (13, 5), (7, 32)])
    func `odd heights and widths are as good as even ones`(height: Int, width: Int) throws {
        var graph = Graph()
        let a = try graph.add(.convolution(.make(3, 13, stride: 2)), graph.input)
        let b = try graph.add(.convolution(.makeMixed(13, 13)), a)
        let c = try graph.add(.add, a, b)
        graph.setOutputs([try graph.add(.maxPool(kernel: 5, stride: 2, padding: 2), c), c])
        let picture = Network.makePictures(1, height: height, width: width)[0]
        let expected = Reference.run(
            graph, .make(picture, channels: graph.channels[0], height: height, width: width))
        let found = try Network(graph).outputs(of: [picture], height: height, width: width)[0]
        for (found, expected) in zip(found, expected) {
            #expect(Self.distance(found, expected.elements) < Self.tolerance)
        }
    }

    @Test(arguments: ISA.available)
    func `tiles that are transformed once for all groups give the same`(isa: ISA) throws {
        var graph = Graph()
        let a = try graph.add(.convolution(.make(3, 130)), graph.input)
        let b = try graph.add(.convolution(.makeMixed(130, 130)), a)
        let c = try graph.add(.add, a, b)
        graph.setOutputs([try graph.add(.convolution(.make(130, 140, stride: 2)), c)])
        let (height, width) = (13, 9)
        let network = try Network(graph, isa: isa)
        let kinds = try network.plan(height: height, width: width).sections.map(\.kind)
        #expect(kinds.count { $0 == .winogradInput } == 2)
        let picture = Network.makePictures(1, height: height, width: width)[0]
        let expected = Reference.run(
            graph, .make(picture, channels: graph.channels[0], height: height, width: width))
        let found = try network.outputs(of: [picture], height: height, width: width)[0]
        #expect(Self.distance(found[0], expected[0].elements) < Self.tolerance)
    }

    @Test func `bytes are loaded as v over 255`() throws {
        var graph = Graph()
        graph.setOutputs([graph.input])
        let network = try Network(graph)
        let pixels: [UInt8] = (0..<2 * 3 * 3).map { UInt8($0 * 14) }
        var found: [Float] = []
        try network.run(
            pictures: 1, height: 2, width: 3, in: network.makeWorkspace(),
            on: Crew(size: 1).lane(0), load: { $1.fill(pixels: pixels.span) },
            unload: { found = $1.maps[0] })
        let expected = (0..<18).map { i in Float(pixels[i % 6 * 3 + i / 6]) / 255 }
        #expect(found == expected)
    }

    @Test(arguments: Precision.testable)
    func `the tops of an output that is searched are its rows' largest numbers`(
        precision: Precision
    ) throws {
        var graph = Graph()
        let a = try graph.add(.convolution(.make(3, 20, stride: 2)), graph.input)
        let b = try graph.add(.convolution(.make(20, 37, kernel: 1, activation: .identity)), a)
        graph.setOutputs([a, b], searched: [1])
        let network = try Network.make(graph, precision, height: 30, width: 22)
        let picture = Network.makeBytePictures(1, height: 30, width: 22)[0]
        var rows = 0
        try network.run(
            pictures: 1, height: 30, width: 22, in: network.makeWorkspace(),
            on: Crew(size: 1).lane(0), load: { $1.fill(tensor: picture.span) },
            unload: { _, outputs in
                let map = outputs.maps[1]
                for y in 0..<15 {
                    for block in 0..<3 {
                        let channels = block * 16..<min(block * 16 + 16, 37)
                        let row = channels.flatMap {
                            map[($0 * 15 + y) * 11..<($0 * 15 + y + 1) * 11]
                        }
                        #expect(outputs.top(1, block: block, y: y) == row.max())
                        rows += 1
                    }
                }
            })
        #expect(rows == 45)
    }

    /// Read by a convolution alone it stays bytes, else it becomes floats at once.
    @Test(arguments: [true, false])
    func `a picture in bytes is the picture in floats`(isReadOnce: Bool) throws {
        let (height, width) = (46, 35)
        var graph = Graph()
        let a = try graph.add(.convolution(.make(3, 20, stride: 2)), graph.input)
        let b = try graph.add(.convolution(.make(20, 8)), a)
        var outputs = [b]
        if !isReadOnce {
            outputs.append(
                try graph.add(.convolution(.make(3, 8, kernel: 1, seed: 2)), graph.input))
        }
        graph.setOutputs(outputs)
        let network = try Network(graph)
        #expect(try network.plan(height: height, width: width).keepsPixels == isReadOnce)
        let (pixels, tensor) = Network.makePixels(height: height, width: width)
        let workspace = network.makeWorkspace()
        let expected = try network.outputs(
            of: [tensor], height: height, width: width, in: workspace)[0]
        // In the same memory, in two parts.
        let half = 9 * width * 3
        var found: [[Float]] = []
        try network.run(
            pictures: 1, height: height, width: width, in: workspace, on: Crew(size: 1).lane(0),
            load: {
                $1.fill(rows: 0..<9, pixels: pixels.span.extracting(0..<half))
                $1.fill(rows: 9..<height, pixels: pixels.span.extracting(half..<pixels.count))
            },
            unload: { found = $1.maps })
        #expect(found == expected)
        #expect(
            try network.outputs(of: [tensor], height: height, width: width, in: workspace)[0]
                == expected)
    }

    /// The largest difference, relative to the largest number.
    static func distance(_ found: [Float], _ expected: [Double]) -> Double {
        guard found.count == expected.count else { return .infinity }
        let scale = expected.map(abs).max() ?? 1
        return zip(found, expected).map { found, expected in
            let difference = abs(Double(found) - expected)
            return difference.isNaN ? .infinity : difference
        }.max().map { $0 / max(scale, .leastNormalMagnitude) } ?? 0
    }
}
