import Testing

@testable import HTTPServer

struct RequestParserTests {
    @Test func `a head becomes its parts`() throws {
        let raw =
            "POST /v1/models/a%20b:predict?x=1&y=a+b%26 HTTP/1.1\r\nHost: a:80\r\n"
            + "Content-Length: 5\r\nX-Odd:\t a  b \r\nempty:\r\n\r\nhello"
        let expected = RequestHead.make(
            "POST", "/v1/models/a%20b:predict",
            query: [.init(name: "x", value: "1"), .init(name: "y", value: "a b&")],
            fields: [
                "Host": "a:80", "Content-Length": "5", "X-Odd": "a  b", "empty": "",
            ])
        #expect(
            Verdict<Parsed>.make(.make(raw))
                == .finished(
                    Parsed(head: expected, framing: .length(5)), used: raw.utf8.count - 5))
        #expect(expected.fields["x-oDD"] == "a  b")
    }

    /// The requests of this file, good and bad.
    static let all = accepted.map(\.raw) + refused.map(\.raw)

    @Test(arguments: all)
    func `a head split at every byte parses the same`(raw: String) {
        let bytes = [UInt8].make(raw)
        let whole = Verdict<Parsed>.make(bytes)
        #expect(Verdict<Parsed>.make(bytes, cuts: Array(0..<bytes.count)) == whole)
        guard bytes.count < 300 else { return }
        for cut in bytes.indices {
            #expect(Verdict<Parsed>.make(bytes, cuts: [cut]) == whole)
        }
    }

    struct Accepted: Sendable {
        let raw: String
        var method = "GET"
        var path = "/"
        var framing = BodyFraming.none
        var minorVersion = 1

        init(
            _ raw: String, method: String = "GET", path: String = "/",
            framing: BodyFraming = .none, minorVersion: Int = 1
        ) {
            self.raw = raw
            self.method = method
            self.path = path
            self.framing = framing
            self.minorVersion = minorVersion
        }
    }

    static let accepted: [Accepted] = [
        .init("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init("GET / HTTP/1.1\r\nHost:\r\n\r\n"),
        .init("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"),
        .init("GET / HTTP/1.1\r\nhost: my_host.local\r\n\r\n"),
        .init("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init("GET / HTTP/1.0\r\n\r\n", minorVersion: 0),
        .init("GET / HTTP/1.7\r\nHost: a\r\n\r\n"),
        .init("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", method: "OPTIONS", path: "*"),
        .init("GET http://b/x/y HTTP/1.1\r\nHost: a\r\n\r\n", path: "/x/y"),
        .init("GET HTTPS://b:1?q HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init("GET /a%2Fb/~%C3%A4|{} HTTP/1.1\r\nHost: a\r\n\r\n", path: "/a%2Fb/~%C3%A4|{}"),
        // RFC 3986 §6.2.2.2: letters, digits and -._~ need no escape; '%' itself keeps its own.
        .init("GET /%64e%54%2d%7E%25%364 HTTP/1.1\r\nHost: a\r\n\r\n", path: "/deT-~%2564"),
        .init("GET //x HTTP/1.1\r\nHost: a\r\n\r\n", path: "//x"),
        .init("PURGE! / HTTP/1.1\r\nHost: a\r\n\r\n", method: "PURGE!"),
        .init("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"),
        .init(
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 007\r\n\r\n", framing: .length(7)),
        .init(
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\nContent-Length: 05\r\n\r\n",
            framing: .length(5)),
        .init(
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
            framing: .length(.max)),
        .init(
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", framing: .chunked),
    ]

    @Test(arguments: accepted)
    func `what RFC 9112 allows is accepted`(_ expected: Accepted) {
        let verdict = Verdict<Parsed>.make(.make(expected.raw))
        guard case .finished(let parsed, let used) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(used == expected.raw.utf8.count)
        #expect(parsed.head.method == expected.method)
        #expect(parsed.head.path == expected.path)
        #expect(parsed.head.minorVersion == expected.minorVersion)
        #expect(parsed.framing == expected.framing)
    }

    struct Refused: Sendable {
        let raw: String
        let status: Int
        init(_ status: Int, _ raw: String) {
            self.raw = raw
            self.status = status
        }
    }

    static let refused: [Refused] = [
        // The request line.
        .init(400, "GET /\r\nHost: a\r\n\r\n"),
        .init(400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
        .init(400, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(400, " GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(400, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(400, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(400, "GET / http/1.1\r\nHost: a\r\n\r\n"),
        .init(400, "GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
        .init(400, "GET / HTTP/x.1\r\nHost: a\r\n\r\n"),
        .init(505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
        .init(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        .init(505, "GET / HTTP/0.9\r\n\r\n"),
        .init(501, "\(String(repeating: "M", count: 33)) / HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(501, "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"),
        .init(400, "\u{16}\u{3}\u{1}\u{2}"),
        // The target.
        .init(400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(400, "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(400, "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(400, "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(400, "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(400, "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(400, "GET /\u{e4} HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(400, "GET /%2 HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(400, "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(400, "GET /?a=%f HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(400, "GET /?%g0 HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(400, "GET /?a=%ff HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(414, "GET /\(String(repeating: "a", count: 8192)) HTTP/1.1\r\nHost: a\r\n\r\n"),
        .init(414, "GET /\(String(repeating: "a", count: 9000))"),
        // Lines and fields.
        .init(400, "GET / HTTP/1.1\nHost: a\n\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: a\r\n\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\rHost: a\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost\t: a\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: a\r\nX@: b\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: a\r\nX\u{e4}: b\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{7f}b\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: a\r\nX: \u{1b}[2J\r\n\r\n"),
        .init(431, "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 16_384))"),
        .init(
            431,
            "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: 1\r\n", count: 100))\r\n"),
        // Host.
        .init(400, "GET / HTTP/1.1\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        .init(400, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: []\r\n\r\n"),
        .init(400, "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n"),
        // Lengths.
        .init(400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n"),
        .init(400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n"),
        .init(400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n"),
        .init(400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n"),
        .init(400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5\r\n\r\n"),
        .init(400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5,\r\n\r\n"),
        .init(400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 6\r\n\r\n"),
        .init(
            400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"),
        .init(
            400,
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        ),
        .init(
            400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
        .init(400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n"),
        .init(400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"),
        .init(501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
        .init(400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n"),
        .init(400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"),
        .init(400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n"),
        .init(
            400,
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n"
        ),
    ]

    @Test(arguments: refused)
    func `what breaks a rule is refused with its status`(_ expected: Refused) {
        #expect(Verdict<Parsed>.make(.make(expected.raw)).status == expected.status)
    }

    @Test func `bytes that are not UTF-8 are kept`() {
        let raw = [UInt8].make("GET / HTTP/1.1\r\nHost: a\r\nX: \u{e4}") + [0xE4]
        guard
            case .finished(let parsed, _) = Verdict<Parsed>.make(raw + .make("\r\n\r\n"))
        else {
            Issue.record("refused")
            return
        }
        #expect(parsed.head.fields["X"] == "\u{c3}\u{a4}\u{e4}")
    }

    @Test func `a head of exactly the most bytes is accepted and one more is not`() {
        let start = "GET / HTTP/1.1\r\nHost: a\r\nX: "
        let limits = Limits.make { $0.headerBytesMax = 200 }
        for (bytes, status) in [(200, nil), (201, 431)] {
            let raw =
                start + String(repeating: "x", count: bytes - start.utf8.count - 4) + "\r\n\r\n"
            #expect(Verdict<Parsed>.make(.make(raw), limits: limits).status == status)
        }
    }

    @Test func `an empty line before the request is not its beginning`() throws {
        var parser = RequestParser(limits: Limits())
        _ = try parser.parse([UInt8].make("\r\n").span)
        #expect(!parser.isBegun)
        _ = try parser.parse([UInt8].make("\r\nG").span)
        #expect(parser.isBegun)
    }
}
