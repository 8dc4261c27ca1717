import Testing

@testable import HTTPServer

/// What RFC 9110 and RFC 9112 ask of a server, each rule with bytes that tell whether it holds.
///
/// All go over a socket as they stand. Behind those that leave the connection open another request
/// follows, which is only answered rightly when the server found the end of the one before.
struct Rule: Sendable, CustomTestStringConvertible {
    enum Ending { case stays, closes }

    let section: String
    let words: String
    let sent: String
    let statuses: [Int]
    let ending: Ending
    /// What the answers hold, and do not.
    var holds: [String] = []
    var lacks: [String] = []
    /// Whether the answer is to HEAD, so that no content follows its length.
    var isHEAD = false

    var testDescription: String { "\(section): \(words)" }

    init(
        _ section: String, _ words: String, _ sent: String, _ statuses: [Int],
        _ ending: Ending = .stays, holds: [String] = [], lacks: [String] = [], isHEAD: Bool = false
    ) {
        self.section = section
        self.words = words
        self.sent = sent
        self.statuses = statuses
        self.ending = ending
        self.holds = holds
        self.lacks = lacks
        self.isHEAD = isHEAD
    }
}

extension Rule {
    private static let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    private static func get(_ fields: String, _ target: String = "/x") -> String {
        "GET \(target) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
    }

    private static func post(_ fields: String, _ body: String) -> String {
        "POST /x HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
    }

    /// RFC 9112 §2 to §5: lines, request line, fields.
    static let messages = [
        Rule("9112 §2.2", "octets above 127 are no error", get("X: \u{E9}\u{4E2D}\r\n"), [200]),
        Rule("9112 §2.2", "an empty line before a request is skipped", "\r\n" + get(""), [200]),
        Rule("9112 §2.2", "a bare CR is invalid", get("X: a\rb\r\n"), [400], .closes),
        Rule(
            "9112 §2.2", "a blank before the first field is refused",
            "GET / HTTP/1.1\r\n Host: a\r\n\r\n", [400], .closes),
        Rule(
            "9112 §2.3", "the version is in capitals", "GET / http/1.1\r\nHost: a\r\n\r\n", [400],
            .closes),
        Rule(
            "9112 §2.3", "a minor version above ours is ours", "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
            [200]),
        Rule(
            "9110 §2.5", "a major version above ours is refused", "GET / HTTP/2.0\r\n\r\n", [505],
            .closes),
        Rule(
            "9112 §3", "a request line has three parts", "GET /\r\nHost: a\r\n\r\n", [400], .closes),
        Rule(
            "9112 §3", "a request line has no blank in its target",
            "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", [400], .closes),
        Rule(
            "9112 §3", "a method that is too long is not implemented",
            String(repeating: "A", count: 40) + " / HTTP/1.1\r\nHost: a\r\n\r\n", [501], .closes),
        Rule(
            "9112 §3", "a target of 8000 bytes is taken",
            get("", "/" + String(repeating: "a", count: 7999)), [200]),
        Rule(
            "9112 §3", "a target that is too long is told so",
            get("", "/" + String(repeating: "a", count: 9000)), [414], .closes),
        Rule("9112 §3.2", "HTTP/1.1 has a Host", "GET / HTTP/1.1\r\n\r\n", [400], .closes),
        Rule("9112 §3.2", "two Hosts are refused", get("Host: b\r\n"), [400], .closes),
        Rule(
            "9112 §3.2", "a Host that is none is refused",
            "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", [400], .closes),
        Rule("9112 §3.2", "an empty Host is one", "GET / HTTP/1.1\r\nHost:\r\n\r\n", [200]),
        Rule(
            "9112 §3.2.2", "the absolute form is understood, and stands above Host",
            get("", "http://b.test/there?x=1"), [200], holds: ["X-Path: /there\r\n"]),
        Rule("9112 §3.2.3", "the authority form is for CONNECT", get("", "a:80"), [400], .closes),
        Rule(
            "9112 §3.2.4", "the asterisk form is for OPTIONS",
            "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", [200], holds: ["X-Path: *\r\n"]),
        Rule("9112 §3.2.4", "and for no other method", get("", "*"), [400], .closes),
        Rule(
            "9112 §4", "an answer begins with our version", "GET / HTTP/1.0\r\n\r\n", [200],
            .closes, holds: ["HTTP/1.1 200 OK\r\n"]),
        Rule("9112 §5", "a field has a colon", get("X\r\n"), [400], .closes),
        Rule("9112 §5.1", "no blank stands before the colon", get("X : y\r\n"), [400], .closes),
        Rule(
            "9112 §5.1", "blanks around a value are not of it", get("Connection: \t close \t\r\n"),
            [200], .closes),
        Rule("9112 §5.2", "a folded line is refused", get("X: a\r\n b\r\n"), [400], .closes),
        Rule("9110 §5.1", "names have no case", get("cOnNeCtIoN: close\r\n"), [200], .closes),
        Rule("9110 §5.1", "a name is a token", get("X[]: y\r\n"), [400], .closes),
        Rule(
            "9110 §5.3", "lists go on over fields", get("Connection: x\r\nConnection: close\r\n"),
            [200], .closes),
        Rule("9110 §5.5", "NUL in a value is refused", get("X: a\u{0}b\r\n"), [400], .closes),
        Rule(
            "9110 §5.6.1", "empty members of a list are ignored", get("Connection: , ,close,\r\n"),
            [200], .closes),
        Rule(
            "9110 §5.4", "too large a head is told so",
            get("X: \(String(repeating: "x", count: 20_000))\r\n"), [431], .closes),
    ]

    /// RFC 9112 §6 to §8: how long a body is.
    static let bodies = [
        Rule(
            "9112 §6.3", "without a length there is no body", get(""), [200],
            holds: ["Content-Length: 0\r\n"]),
        Rule(
            "9112 §6.3", "a body is as long as told", post("Content-Length: 5", "hello"), [200],
            holds: ["\r\n\r\nhello"]),
        Rule(
            "9112 §6.3", "GET may have a body",
            "GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", [200]),
        Rule(
            "9112 §6.3", "a length that is none is refused", post("Content-Length: 5x", "hello"),
            [400], .closes),
        Rule(
            "9112 §6.3", "nor is a sign a digit", post("Content-Length: +5", "hello"), [400],
            .closes),
        Rule(
            "9112 §6.3", "lengths that differ are refused",
            post("Content-Length: 5\r\nContent-Length: 4", "hello"), [400], .closes),
        Rule(
            "9112 §6.3", "lengths that are equal are one", post("Content-Length: 5, 5", "hello"),
            [200]),
        Rule(
            "9110 §8.6", "a length beyond numbers is too large",
            post("Content-Length: 99999999999999999999", ""), [413], .closes),
        Rule(
            "9112 §6.1", "both lengths are a smuggler's",
            post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), [400], .closes),
        Rule(
            "9112 §6.1", "HTTP/1.0 has no chunks",
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [400], .closes),
        Rule(
            "9112 §6.1", "another transfer coding is not implemented",
            post("Transfer-Encoding: gzip, chunked", ""), [501], .closes),
        Rule(
            "9112 §6.1", "chunked is applied once", post("Transfer-Encoding: chunked, chunked", ""),
            [400], .closes),
        Rule(
            "9112 §7", "codings have no case",
            post("Transfer-Encoding: CHUNKED", "1\r\na\r\n0\r\n\r\n"), [200], holds: ["\r\n\r\na"]),
        Rule(
            "9112 §7.1", "chunks make a body", chunked + "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
            [200], holds: ["\r\n\r\nabc0123456789"]),
        Rule(
            "9112 §7.1", "sizes have no case, and zeros before them",
            chunked + "00a\r\n0123456789\r\n000\r\n\r\n", [200]),
        Rule(
            "9112 §7.1", "a size beyond numbers is refused", chunked + "fffffffffffffffff\r\n",
            [400], .closes),
        Rule(
            "9112 §7.1", "a size is hex digits alone", chunked + "0x1\r\na\r\n0\r\n\r\n", [400],
            .closes),
        Rule(
            "9112 §7.1", "a chunk is as long as told", chunked + "3\r\nabcd\r\n0\r\n\r\n", [400],
            .closes),
        Rule(
            "9112 §7.1", "a chunk's line ends in CR LF", chunked + "3\nabc\r\n0\r\n\r\n", [400],
            .closes),
        Rule(
            "9112 §7.1.1", "unknown extensions are ignored",
            chunked + "1;x;y=\"z\"\r\na\r\n0;q\r\n\r\n", [200]),
        Rule(
            "9112 §7.1.2", "trailers are no header fields",
            chunked + "0\r\nX-Path: /y\r\nConnection: close\r\n\r\n", [200], lacks: ["/y"]),
        Rule("9112 §7.1.2", "a trailer is checked", chunked + "0\r\nX : y\r\n\r\n", [400], .closes),
        Rule(
            "9110 §8.4", "an unknown content coding is told so",
            post("Content-Length: 1\r\nContent-Encoding: br", "a"), [415], .closes),
    ]

    /// RFC 9112 §9, RFC 9110 §6 to §15: answers and connections.
    static let answers = [
        Rule("9112 §9.3", "HTTP/1.1 stays", get(""), [200], lacks: ["Connection:"]),
        Rule(
            "9112 §9.3", "HTTP/1.0 goes", "GET / HTTP/1.0\r\n\r\n", [200], .closes,
            holds: ["Connection: close\r\n"]),
        Rule(
            "9112 §9.3", "HTTP/1.0 stays where it asks",
            "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", [200],
            holds: ["Connection: keep-alive\r\n"]),
        Rule(
            "9112 §9.3", "close stands above keep-alive", get("Connection: keep-alive, close\r\n"),
            [200], .closes),
        Rule(
            "9112 §9.3.2", "answers come in the order of their requests",
            get("", "/1") + get("", "/2") + get("", "/3"), [200, 200, 200],
            holds: ["X-Path: /1\r\n", "X-Path: /2\r\n", "X-Path: /3\r\n"]),
        Rule(
            "9112 §9.6", "behind close nothing is answered",
            get("Connection: close\r\n") + get("", "/2"), [200], .closes,
            holds: ["Connection: close\r\n"]),
        Rule(
            "9112 §9.6", "a last answer says so", get("Connection: close\r\n"), [200], .closes,
            holds: ["Connection: close\r\n"]),
        Rule("9110 §6.6.1", "an answer has a date", get(""), [200], holds: ["\r\nDate: "]),
        Rule(
            "9110 §6.6.1", "a refusal too", get("X : y\r\n"), [400], .closes, holds: ["\r\nDate: "]),
        Rule(
            "9110 §7.8", "an upgrade that is not known is ignored",
            get("Connection: Upgrade\r\nUpgrade: h2c\r\n"), [200], lacks: ["101"]),
        Rule(
            "9110 §8.6", "204 has no length and no content", get("", "/none"), [204],
            lacks: ["Content-Length", "Transfer-Encoding"]),
        Rule(
            "9110 §9.1", "methods have a case", "get / HTTP/1.1\r\nHost: a\r\n\r\n", [200],
            holds: ["X-Method: get\r\n"]),
        Rule(
            "9110 §9.3.2", "HEAD has GET's length, and no content",
            "HEAD /denied HTTP/1.1\r\nHost: a\r\n\r\n", [404], holds: ["Content-Length: 6\r\n"],
            isHEAD: true),
        Rule(
            "9110 §10.1.1", "100-continue is answered",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
            [100], .stays),
        Rule(
            "9110 §10.1.1", "in HTTP/1.0 it is ignored",
            "POST / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nok", [200],
            .closes, lacks: ["100 Continue"]),
        Rule(
            "9110 §10.1.1", "not where the body has come",
            post("Content-Length: 2\r\nExpect: 100-Continue", "ok"), [200], lacks: ["100 Continue"]),
        Rule(
            "9110 §10.1.1", "another expectation cannot be met", get("Expect: 200-ok\r\n"), [417],
            .closes),
        Rule(
            "9110 §15.2", "HTTP/1.0 gets no 1xx",
            "POST / HTTP/1.0\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n", [200], .closes,
            lacks: ["100 Continue"]),
    ]
}

@Suite(.timeLimit(.minutes(1)))
struct ConformanceTests {
    @Test(arguments: Rule.messages + Rule.bodies + Rule.answers)
    func `the RFCs' rules hold on a socket`(rule: Rule) async throws {
        try await serving { server in
            let client = try TestClient(port: server.port)
            client.send(rule.sent)
            var answers = ""
            for status in rule.statuses {
                let answer = client.answer(isToHEAD: rule.isHEAD)
                #expect(answer.status == status)
                answers += answer
            }
            for words in rule.holds { #expect(answers.contains(words)) }
            for words in rule.lacks { #expect(!answers.contains(words)) }
            switch rule.ending {
            case .closes: #expect(client.rest() == "")
            case .stays:
                if rule.statuses.last == 100 {
                    client.send("ok")
                    #expect(client.answer().content == "ok")
                }
                client.send("GET /behind HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                #expect(client.answer().contains("X-Path: /behind\r\n"))
                #expect(client.rest() == "")
            }
        }
    }

    /// RFC 9112 §8, §9.6: the end of a connection is no end of a message.
    @Test(arguments: [
        "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n",
    ])
    func `a message that is cut short is not taken for whole`(sent: String) async throws {
        let handler = StubHandler()
        try await serving(handler: handler) { server in
            let client = try TestClient(port: server.port)
            client.send(sent)
            client.endSending()
            #expect(client.rest()?.status == 400)
            #expect(handler.answered == 0)
        }
    }
}
