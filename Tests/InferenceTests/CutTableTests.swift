import Testing

@testable import Inference

struct CutTableTests {
    private static let line = "avx512 float winograd 3 1 8 8 20 20 25 1"
    private static let shape = CutShape(
        isa: .avx512, element: .float, kind: .winograd, kernel: 3, stride: 1, inputBlocks: 8,
        outputBlocks: 8, height: 20, width: 20)

    @Test func `a line is a shape and its cut`() {
        let table = CutTable(text: Self.line)
        #expect(table.cuts == [Self.shape: Cut(run: 25, groups: 1)])
    }

    @Test func `the source that is written is read as the same table`() {
        let table = CutTable(
            text: Self.line + "\navx512 bfloat16 winograd-2×2 3 1 1 1 160 160 2 0")
        #expect(table.cuts.count == 2)
        #expect(CutTable(text: table.source) == table)
    }

    @Test(arguments: [
        "", "// a comment", "avx512 float winograd 3 1 8 8 20 20 25",
        "avx513 float winograd 3 1 8 8 20 20 25 1", "avx512 float winograd 3 1 8 8 20 20 0 1",
        "avx512 float winograd 3 1 8 8 20 20 -4 1", "avx512 float winograd 3 1 8 8 20 x 25 1",
    ])
    func `what is no line is passed over`(text: String) {
        #expect(CutTable(text: text).cuts.isEmpty)
    }

    @Test func `the table that is built in can be read, and holds cuts that were measured`() {
        let lines = CutTable.measured.split(separator: "\n").count
        #expect(CutTable.standard.cuts.count == lines)
        #expect(CutTable(text: CutTable.standard.source) == CutTable.standard)
    }

    @Test func `only what beats its rule is taken in`() {
        func timing(_ duration: Duration) -> CutTiming {
            CutTiming(
                step: "a", shape: Self.shape, rule: .milliseconds(10),
                best: Cut(run: 7, groups: 2), duration: duration)
        }
        var table = CutTable(text: Self.line)
        table.take([timing(.milliseconds(8))])
        #expect(table.cuts == [Self.shape: Cut(run: 7, groups: 2)])
        table.take([timing(.milliseconds(9.9))])
        #expect(table.cuts.isEmpty)
    }
}
