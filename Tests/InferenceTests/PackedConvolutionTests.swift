import Testing

@testable import Inference

struct PackedConvolutionTests {
    private func pack(
        _ convolution: Convolution, cuts: [Int] = [], countMax: Int = .max
    ) throws -> PackedConvolution {
        try PackedConvolution(
            convolution, from: ChannelLayout(channels: convolution.inputChannels, cuts: cuts),
            to: ChannelLayout(channels: convolution.outputChannels, cuts: cuts),
            isa: .baseline, countMax: countMax)
    }

    @Test func `weights stand in the order the kernels read them`() throws {
        // Weight (o, i, cell) is 100·o + 10·i + cell.
        var convolution = Convolution.make(3, 18, kernel: 1)
        convolution.kernel = .init(1, 2)
        var kernel: [Float] = []
        for output in 0..<18 {
            for input in 0..<3 {
                for cell in 0..<2 { kernel.append(Float(100 * output + 10 * input + cell)) }
            }
        }
        convolution.weights = .constant(kernel: kernel, bias: (0..<18).map { Float($0) })
        let packed = try pack(convolution, cuts: [2])
        #expect(packed.groups.map(\.used) == [[2, 1], [2, 1]])
        let numbers = packed.kernels.all
        // [group][block][k_w][step][16]: block 1 has one step, channel 2.
        func at(_ group: Int, _ first: Int, _ step: Int, _ lane: Int) -> Float {
            numbers[packed.groups[group].read.offset + (first + step) * 16 + lane]
        }
        #expect(at(0, 0, 1, 1) == 110)  // block 0, cell 0, channel 1 → output 1
        #expect(at(1, 2, 0, 0) == 201)  // block 0, cell 1, channel 0 → output 2, in block 1
        #expect(at(1, 4, 0, 1) == 320)  // block 1, cell 0, channel 2 → output 3
        #expect(at(0, 0, 1, 2) == 0)  // behind the two channels of block 0
        #expect(packed.biases.all[16] == 2)
    }

    @Test func `a group reads the input blocks of its own channels only`() throws {
        let packed = try pack(.make(64, 64, groups: 4))
        #expect(
            packed.groups.map(\.used) == [
                [16, 0, 0, 0], [0, 16, 0, 0], [0, 0, 16, 0], [0, 0, 0, 16],
            ])
        #expect(packed.kernelCount == 4 * 16 * 16 * 9)
    }

    @Test func `a depthwise convolution is a block by itself`() throws {
        let packed = try pack(.make(20, 20, groups: 20), cuts: [5])
        #expect(packed.algorithm == .depthwise)
        #expect(packed.kernelCount == 2 * 9 * 16)
    }

    @Test(arguments: [
        (Convolution.make(20, 20), Algorithm.winograd), (.make(3, 20), .direct),
        (.make(20, 20, stride: 2), .winograd), (.make(13, 20, stride: 2), .direct),
        (.make(20, 20, kernel: 1), .direct),
        (.make(20, 20, groups: 2), .direct), (.make(20, 20, groups: 20), .depthwise),
    ])
    func `the way depends on the geometry`(convolution: Convolution, way: Algorithm) throws {
        #expect(try pack(convolution).algorithm == way)
    }

    @Test(arguments: ISA.available)
    func `a constant kernel for Winograd's way is G W Gᵀ`(isa: ISA) throws {
        // One weight in the middle: the outer product of G's second column with itself.
        var convolution = Convolution.make(20, 40)
        var kernel = [Float](repeating: 0, count: 40 * 20 * 9)
        kernel[(33 * 20 + 18) * 9 + 4] = 1
        convolution.weights = .constant(kernel: kernel, bias: Array(repeating: 0, count: 40))
        let packed = try PackedConvolution(
            convolution, from: ChannelLayout(channels: 20), to: ChannelLayout(channels: 40),
            isa: isa, countMax: .max)
        let group = packed.groups[2 / isa.groupBlocks]
        let lanes = group.blocks.count * 16
        let numbers = packed.kernels.all
        let column: [Float] = [0, -1.0 / 6, 1.0 / 6, 1.0 / 12, -1.0 / 12, 0]
        for y in 0..<6 {
            for x in 0..<6 {
                // [36][step][lanes], 16 between the parts: input channel 18, output channel 33 = block 2, lane 1.
                let at = group.read.offset + (y * 6 + x) * (20 * lanes + 16) + 18 * lanes
                let lane = (2 - group.blocks.lowerBound) * 16 + 1
                #expect(abs(numbers[at + lane] - column[y] * column[x]) < 1e-8)
            }
        }
    }

    @Test(arguments: ISA.available)
    func `experts are kept in binary16 where that loses nothing`(isa: ISA) throws {
        func pack(_ convolution: Convolution) throws -> PackedConvolution {
            try PackedConvolution(
                convolution, from: ChannelLayout(channels: 20), to: ChannelLayout(channels: 20),
                isa: isa, countMax: .max)
        }
        let (floats, halves) = (
            try pack(.makeMixed(20, 20)), try pack(.makeMixed(20, 20, inHalves: true))
        )
        #expect(!floats.hasHalves)
        #expect(halves.hasHalves == (isa != .baseline))
        #expect(halves.kernels.count == floats.kernels.count / (halves.hasHalves ? 2 : 1))
    }

    @Test(arguments: [
        Convolution.make(20, 20), .makeMixed(20, 20), .makeMixed(20, 20, hidden: 5),
    ])
    func `packed weights have a limit, and the routing counts`(convolution: Convolution) throws {
        let count = try pack(convolution).count
        #expect(throws: Never.self) { try pack(convolution, countMax: count) }
        #expect(throws: Misfit.self) { try pack(convolution, countMax: count - 1) }
    }
}
