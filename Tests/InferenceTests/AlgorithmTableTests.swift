import Testing

@testable import Inference

struct AlgorithmTableTests {
    private static let line = "avx512 float mixed 1 64 48 direct"
    private static let shape = AlgorithmShape(
        isa: .avx512, element: .float, weights: .mixed, stride: 1, inputChannels: 64,
        outputChannels: 48)

    @Test func `a line is a shape and its algorithm`() {
        #expect(AlgorithmTable(text: Self.line).algorithms == [Self.shape: .direct])
    }

    @Test func `the source that is written is read as the same table`() {
        let table = AlgorithmTable(
            text: Self.line + "\navx512 bfloat16 constant 1 32 32 winograd-2×2")
        #expect(table.algorithms.count == 2)
        #expect(AlgorithmTable(text: table.source) == table)
    }

    @Test(arguments: [
        "", "// a comment", "avx512 float mixed 1 64 direct", "avx513 float mixed 1 64 48 direct",
        "avx512 float softmax 1 64 48 direct", "avx512 float mixed 3 64 48 direct",
        "avx512 float mixed 1 0 48 direct", "avx512 float mixed 1 64 x direct",
        // No kernels there are.
        "avx512 float mixed 1 64 48 winograd-2×2", "avx512 float mixed 1 64 48 depthwise",
        "avx512 bfloat16 mixed 2 64 48 winograd-2×2", "avx512 byte mixed 1 64 48 winograd",
    ])
    func `what is no line, or no way to compute, is passed over`(text: String) {
        #expect(AlgorithmTable(text: text).algorithms.isEmpty)
    }

    @Test func `the table that is built in can be read, and holds what was measured`() {
        let lines = AlgorithmTable.measured.split(separator: "\n").count
        #expect(lines > 0 && AlgorithmTable.standard.algorithms.count == lines)
        #expect(AlgorithmTable(text: AlgorithmTable.standard.source) == .standard)
    }

    @Test func `the other way is taken where it is better by more than chance`() {
        func timing(_ other: Duration) -> AlgorithmTiming {
            AlgorithmTiming(shape: Self.shape, rule: .milliseconds(10), other: other)
        }
        var table = AlgorithmTable()
        table.take([timing(.milliseconds(8))])
        #expect(table.algorithms == [Self.shape: .direct])
        table.take([timing(.milliseconds(9.9))])
        #expect(table.algorithms == [Self.shape: .winograd])
    }

    @Test func `what was not measured goes by the rule`() {
        func way(stride: Int, channels: Int) -> Algorithm {
            AlgorithmTable()[
                AlgorithmShape(
                    isa: .avx2, element: .float, weights: .constant, stride: stride,
                    inputChannels: channels, outputChannels: 16)]
        }
        #expect(way(stride: 1, channels: 3) == .direct)
        #expect(way(stride: 1, channels: 4) == .winograd)
        #expect(way(stride: 2, channels: 15) == .direct)
        #expect(way(stride: 2, channels: 16) == .winograd)
    }
}
