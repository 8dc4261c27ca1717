import Testing

@testable import Inference

struct PackedConvolutionTests {
    private func pack(
        _ convolution: Convolution, cuts: [Int] = [], groupBlocks: Int = 2, countMax: Int = .max
    ) throws -> PackedConvolution {
        try PackedConvolution(
            convolution, from: ChannelLayout(channels: convolution.inputChannels, cuts: cuts),
            to: ChannelLayout(channels: convolution.outputChannels, cuts: cuts),
            groupBlocks: groupBlocks, countMax: countMax)
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
        #expect(packed.groups.map(\.used) == [[2, 1]])
        let numbers = packed.kernels.all
        // [block][k_w][step][g][16]: block 1 has one step, channel 2.
        func at(_ first: Int, _ step: Int, _ lane: Int) -> Float {
            numbers[(first + step) * 32 + lane]
        }
        #expect(at(0, 1, 1) == 110)  // block 0, cell 0, channel 1 → output 1
        #expect(at(2, 0, 16) == 201)  // block 0, cell 1, channel 0 → output 2, in block 1
        #expect(at(4, 0, 17) == 320)  // block 1, cell 0, channel 2 → output 3
        #expect(at(0, 1, 2) == 0)  // behind the two channels of block 0
        #expect(packed.biases.all[16] == 2)
    }

    @Test func `a group reads the input blocks of its own channels only`() throws {
        let packed = try pack(.make(64, 64, groups: 4), groupBlocks: 1)
        #expect(
            packed.groups.map(\.used) == [
                [16, 0, 0, 0], [0, 16, 0, 0], [0, 0, 16, 0], [0, 0, 0, 16],
            ])
        #expect(packed.kernelCount == 4 * 16 * 16 * 9)
    }

    @Test func `a depthwise convolution is a block by itself`() throws {
        let packed = try pack(.make(20, 20, groups: 20), cuts: [5])
        #expect(packed.isDepthwise)
        #expect(packed.kernelCount == 2 * 9 * 16)
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
