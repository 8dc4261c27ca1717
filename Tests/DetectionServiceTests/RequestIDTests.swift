import Testing

@testable import DetectionService

struct RequestIDTests {
    @Test func `new ones are 32 hexadecimal digits, and no two are the same`() {
        let ids = (0..<10_000).map { _ in RequestID.make() }
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { $0.utf8.count == 32 && $0.allSatisfy(\.isHexDigit) })
    }

    @Test(arguments: ["a", "A-1._~+/=:", String(repeating: "x", count: 128)])
    func `a client's own is kept`(id: String) { #expect(RequestID.make(asked: id) == id) }

    @Test(arguments: ["", "a b", "a\"", "a\n", "ä", String(repeating: "x", count: 129)])
    func `one that would not fit headers and logs is replaced`(id: String) {
        #expect(RequestID.make(asked: id).utf8.count == 32)
    }

    @Test func `digits stand for a number, the highest first`() {
        #expect(Hex.text(of: 0x0123_4567_89AB_CDEF, 0xF) == "0123456789abcdef000000000000000f")
    }
}
