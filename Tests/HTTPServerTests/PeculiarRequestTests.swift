import Testing

@testable import HTTPServer

/// Requests that parsers have been known to get wrong, each with what must come of it: bytes that other
/// projects' suites try as well, beside the RFCs' own rules.
struct Peculiarity: Sendable, CustomTestStringConvertible {
    let words: String
    let sent: String
    let status: Int

    var testDescription: String { words }

    init(_ words: String, _ sent: String, _ status: Int) {
        self.words = words
        self.sent = sent
        self.status = status
    }
}

extension Peculiarity {
    private static func get(_ fields: String = "", target: String = "/x") -> String {
        "GET \(target) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
    }

    private static func line(_ line: String) -> String { "\(line)\r\nHost: a\r\n\r\n" }

    private static func post(_ fields: String, _ body: String = "") -> String {
        "POST /x HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
    }

    private static func chunks(_ body: String) -> String {
        post("Transfer-Encoding: chunked", body)
    }

    static let lines = [
        Peculiarity("a version of two digits before the point", line("GET / HTTP/11.1"), 400),
        Peculiarity("a version of two digits behind the point", line("GET / HTTP/1.01"), 400),
        Peculiarity("a version of one number", line("GET / HTTP/1"), 400),
        Peculiarity("a version without a slash", line("GET / HTTP1.1"), 400),
        Peculiarity("a version with letters before", line("GET / IHTTP/1.0"), 400),
        Peculiarity("another protocol", line("GET / RTSP/1.0"), 400),
        Peculiarity("a streaming client's protocol", line("SOURCE /music ICE/1.0"), 400),
        Peculiarity("a word less in the protocol", line("GET / HTP/1.1"), 400),
        Peculiarity("two blanks behind the method", line("GET  / HTTP/1.1"), 400),
        Peculiarity("two blanks behind the target", line("GET /  HTTP/1.1"), 400),
        Peculiarity("a tab for a blank", line("GET\t/ HTTP/1.1"), 400),
        Peculiarity("a blank at the end", line("GET / HTTP/1.1 "), 400),
        Peculiarity("a blank before the method", line(" GET / HTTP/1.1"), 400),
        Peculiarity("a method with a hyphen", line("M-SEARCH / HTTP/1.1"), 200),
        Peculiarity("a method of no one", line("BREW / HTTP/1.1"), 200),
        Peculiarity("a method with a colon", line("GE:T / HTTP/1.1"), 400),
        Peculiarity("a method with a letter beyond ASCII", line("GÉT / HTTP/1.1"), 400),
        Peculiarity("a quote in a target, as some clients send it", get(target: "/\"x\""), 200),
        Peculiarity("a target with a control character", get(target: "/\u{1}"), 400),
        Peculiarity("a target with DEL", get(target: "/\u{7F}"), 400),
        Peculiarity("a target beyond ASCII", get(target: "/δ¶"), 400),
        Peculiarity("a target with a question mark in its query", get(target: "/x?a=?b?"), 200),
        Peculiarity("an empty query", get(target: "/x?"), 200),
        Peculiarity("a URI with a port that is none", get(target: "http://a:8x/"), 400),
        Peculiarity("a URI without a host", get(target: "http:///x"), 400),
        Peculiarity("a URI with two ports", get(target: "http://a:80:81/"), 400),
    ]

    static let fields = [
        Peculiarity("a field without a name", get(": y\r\n"), 400),
        Peculiarity("a field without a value", get("X:\r\n"), 200),
        Peculiarity("a field of blanks", get("X: \t \r\n"), 200),
        Peculiarity("a colon in a value", get("X: http://b:1/\r\n"), 200),
        Peculiarity("a quote that is not closed", get("X: \"y\r\n"), 200),
        Peculiarity("a name with a vertical tab", get("Transfer-Encoding\u{B}: chunked\r\n"), 400),
        Peculiarity("a name with NUL", get("X\u{0}: y\r\n"), 400),
        Peculiarity("a name with a quote", get("\"X\": y\r\n"), 400),
        Peculiarity("a name beyond ASCII", get("É: y\r\n"), 400),
        Peculiarity("a value with ESC", get("X: \u{1B}[0m\r\n"), 400),
        Peculiarity("a value with DEL", get("X: \u{7F}\r\n"), 400),
        Peculiarity("CR for the end of a line", get("X: y\rZ: z\r\n"), 400),
        Peculiarity("CR CR LF for the end of a line", get("X: y\r\r\n"), 400),
        Peculiarity("LF in the middle of a line", get("X: y\nZ: z\r\n"), 400),
        Peculiarity("LF for the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400),
        Peculiarity("two hosts on a line", get("Host: b, c\r\n"), 400),
    ]

    static let lengths = [
        Peculiarity("a length of nothing", post("Content-Length:"), 400),
        Peculiarity("a length of two numbers", post("Content-Length: 4 2", "abcd"), 400),
        Peculiarity("a length in hexadecimal", post("Content-Length: 0x4", "abcd"), 400),
        Peculiarity("a length with a point", post("Content-Length: 4.0", "abcd"), 400),
        Peculiarity("a negative length of nothing", post("Content-Length: -0"), 400),
        Peculiarity("a length with zeros before", post("Content-Length: 0004", "abcd"), 200),
        Peculiarity("a length of a comma", post("Content-Length: 4,", "abcd"), 400),
        Peculiarity(
            "GET with a body", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na", 200),
        Peculiarity("an unknown coding of transfer", post("Transfer-Encoding: pigeons"), 400),
        Peculiarity("chunked before another", post("Transfer-Encoding: chunked, deflate"), 400),
        Peculiarity("chunked in one word", post("Transfer-Encoding: xchunked", "0\r\n\r\n"), 400),
        Peculiarity("identity", post("Transfer-Encoding: identity", "abcd"), 400),
        Peculiarity("chunked with a parameter", post("Transfer-Encoding: chunked;a=b"), 400),
        Peculiarity(
            "chunked, folded", post("Transfer-Encoding: chunked\r\n abc", "0\r\n\r\n"), 400),
        Peculiarity(
            "chunked to HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400),
    ]

    static let chunks = [
        Peculiarity("sizes with zeros before", chunks("0002\r\nab\r\n000\r\n\r\n"), 200),
        Peculiarity(
            "sizes in both cases", chunks("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"), 200),
        Peculiarity("an extension", chunks("2;a=b;c=\"d;e\"\r\nab\r\n0;f\r\n\r\n"), 200),
        Peculiarity("a blank behind a size", chunks("2 \r\nab\r\n0\r\n\r\n"), 400),
        Peculiarity("an extension without a name, ignored", chunks("2;\r\nab\r\n0\r\n\r\n"), 200),
        Peculiarity("LF for the end of a size", chunks("2\nab\r\n0\r\n\r\n"), 400),
        Peculiarity("CR in an extension", chunks("2;a\rb\r\nab\r\n0\r\n\r\n"), 400),
        Peculiarity("LF in an extension", chunks("2;a\nb\r\nab\r\n0\r\n\r\n"), 400),
        Peculiarity("a size in 0x", chunks("0x2\r\nab\r\n0\r\n\r\n"), 400),
        Peculiarity("a negative size", chunks("-2\r\nab\r\n0\r\n\r\n"), 400),
        Peculiarity("a size that overflows", chunks("10000000000000000\r\n"), 400),
        Peculiarity("more data than the size", chunks("2\r\nabc\r\n0\r\n\r\n"), 400),
        Peculiarity("no line end behind data", chunks("2\r\nab0\r\n\r\n"), 400),
        Peculiarity("LF behind data", chunks("2\r\nab\n0\r\n\r\n"), 400),
        Peculiarity("a trailer", chunks("0\r\nX: y\r\nZ:\r\n\r\n"), 200),
        Peculiarity("a trailer that is folded", chunks("0\r\nX: y\r\n z\r\n\r\n"), 400),
    ]
}

@Suite(.timeLimit(.minutes(1)))
struct PeculiarRequestTests {
    @Test(
        arguments: Peculiarity.lines + Peculiarity.fields + Peculiarity.lengths
            + Peculiarity.chunks)
    func `a peculiar request is taken or refused as it should be`(_ peculiar: Peculiarity)
        async throws
    {
        try await serving { server in
            let client = try TestClient(port: server.port)
            client.send(peculiar.sent)
            #expect(client.answer().status == peculiar.status)
            // Where it was taken, the end of it was found: the next request is its own.
            guard peculiar.status == 200 else {
                #expect(client.rest() == "")
                return
            }
            client.send("GET /behind HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(client.answer().contains("X-Path: /behind\r\n"))
        }
    }
}
