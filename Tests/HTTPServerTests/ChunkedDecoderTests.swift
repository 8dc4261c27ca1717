import Testing

@testable import HTTPServer

struct ChunkedDecoderTests {
    static let accepted: [(raw: String, body: String)] = [
        ("0\r\n\r\n", ""),
        ("5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("5\r\nhello\r\n00A\r\n, \r\nworld!\r\n000\r\n\r\n", "hello, \r\nworld!"),
        ("3;a=b;c=\"d;e\"\r\nabc\r\n0;x\r\n\r\n", "abc"),
        ("3 \t;a\r\nabc\r\n0\r\n\r\n", "abc"),
        ("1\r\na\r\n0\r\nDigest: x\r\nY: z\r\n\r\n", "a"),
    ]

    @Test(arguments: accepted)
    func `a body is put together from its chunks`(raw: String, body: String) {
        let bytes = [UInt8].make(raw)
        #expect(
            Verdict<[UInt8]>.make(chunked: bytes + .make("GET /"))
                == .finished(.make(body), used: bytes.count))
    }

    static let refused: [(raw: String, status: Int)] = [
        ("\r\n", 400), ("x\r\n", 400), ("-1\r\n", 400), ("+1\r\n", 400), ("0x1\r\n", 400),
        (" 1\r\n", 400), ("1 \r\na\r\n", 400), ("1\n", 400), ("1\rx", 400), ("1;\n", 400),
        ("1;a\0\r\n", 400), ("1\r\nab\r\n", 400), ("1\r\na\n", 400), ("1\r\na\rx", 400),
        ("fffffffffffffffff\r\n", 400), ("0000000000000001\r\n", 400),
        ("fffffffffffffff\r\n", 413), ("3e9\r\n", 413), ("1f4\r\n\(half)\r\n1f5\r\n", 413),
        ("0\r\nX\r\n\r\n", 400), ("0\r\n X: y\r\n\r\n", 400), ("0\r\nX: y\n\r\n", 400),
        ("0\r\nX : y\r\n\r\n", 400), ("0\r\n\n", 400), ("0\r\n\rx", 400),
        ("1;\(String(repeating: "e", count: 4096))\r\n", 400),
        ("0\r\nX: \(String(repeating: "t", count: 4096))\r\n", 431),
    ]

    static let half = String(repeating: "h", count: 500)

    @Test(arguments: refused)
    func `what is no chunk is refused with its status`(raw: String, status: Int) {
        #expect(Verdict<[UInt8]>.make(chunked: .make(raw)).status == status)
    }

    @Test(arguments: accepted.map(\.raw) + refused.map(\.raw))
    func `a chunked body split at every byte decodes the same`(raw: String) {
        let bytes = [UInt8].make(raw)
        let whole = Verdict<[UInt8]>.make(chunked: bytes)
        #expect(Verdict<[UInt8]>.make(chunked: bytes, cuts: Array(0..<bytes.count)) == whole)
        guard bytes.count < 300 else { return }
        for cut in bytes.indices {
            #expect(Verdict<[UInt8]>.make(chunked: bytes, cuts: [cut]) == whole)
        }
    }

    @Test func `extensions are counted over the whole body`() {
        let raw = String(repeating: "1;ab\r\nx\r\n", count: 10)
        let limits = Limits.make { $0.chunkExtensionBytesMax = 29 }
        #expect(Verdict<[UInt8]>.make(chunked: .make(raw), limits: limits).status == 400)
        #expect(Verdict<[UInt8]>.make(chunked: .make(raw)) == .needMore)
    }

    @Test func `a body of exactly the most bytes is accepted`() {
        #expect(
            Verdict<[UInt8]>.make(chunked: .make("2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"), bodyBytesMax: 3)
                == .finished(.make("abc"), used: 18))
    }
}
