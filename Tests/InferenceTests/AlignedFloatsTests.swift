import Testing

@testable import Inference

struct AlignedFloatsTests {
    @Test(arguments: [
        (AlignedFloats.hugePageCount, true, true), (AlignedFloats.hugePageCount - 1, true, false),
        (AlignedFloats.hugePageCount * 3, false, false), (0, true, false),
    ])
    func `huge pages are for what is large and lasts`(
        count: Int, isLasting: Bool, isHuge: Bool
    ) throws {
        let floats = try AlignedFloats(count: count, isLasting: isLasting)
        #expect(floats.isHuge == isHuge && floats.count == count)
    }
}
