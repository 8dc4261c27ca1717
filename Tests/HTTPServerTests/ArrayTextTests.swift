import Testing

@testable import HTTPServer

struct ArrayTextTests {
    @Test(arguments: [0, 7, 10, 99, 100, 503, 65_536, .max, -1, -10, .min])
    func `a number is written as Swift says it`(number: Int) {
        var bytes: [UInt8] = .make("n=")
        bytes.append(decimal: number)
        #expect(String(decoding: bytes, as: UTF8.self) == "n=\(number)")
    }
}
