import Testing

@testable import HTTPServer

struct ReplyTests {
    static func head(_ reply: Reply) -> String {
        String(decoding: reply.head(date: .make("D")), as: UTF8.self)
    }

    @Test func `an answer has its length, date and fields`() {
        let reply = Reply(
            response: Response(
                status: 200, fields: ["Content-Type": "text/plain"], body: .make("hello")))
        #expect(
            Self.head(reply)
                == "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/plain\r\n"
                + "Content-Length: 5\r\n\r\n")
        #expect(reply.body == .make("hello"))
    }

    @Test func `HEAD keeps the length and drops the body`() {
        let reply = Reply(response: Response(status: 200, body: .make("hello")), omitsBody: true)
        #expect(Self.head(reply).contains("Content-Length: 5\r\n"))
        #expect(reply.body.isEmpty)
    }

    @Test(arguments: [204, 304])
    func `a status without content has neither length nor body`(status: Int) {
        let reply = Reply(response: Response(status: status, body: .make("hello")))
        #expect(!Self.head(reply).contains("Content-Length"))
        #expect(reply.body.isEmpty)
    }

    @Test func `the end of the connection is told, and its stay to HTTP 1.0`() {
        let response = Response(status: 200)
        #expect(
            Self.head(Reply(response: response, closes: true)).contains("Connection: close\r\n"))
        #expect(
            Self.head(Reply(response: response, statesKeepAlive: true))
                .contains("Connection: keep-alive\r\n"))
    }

    @Test func `a value cannot begin a line, nor replace a field of the server`() {
        let response = Response(
            status: 200,
            fields: [
                "X": "a\tü\r\nSet-Cookie: b\0\u{7F}", "content-length": "9",
                "CONNECTION": "upgrade",
                "Transfer-Encoding": "chunked", "date": "today",
            ])
        #expect(
            Self.head(Reply(response: response))
                == "HTTP/1.1 200 OK\r\nDate: D\r\nX: a\tü  Set-Cookie: b  \r\nContent-Length: 0\r\n\r\n"
        )
    }

    @Test func `a begun answer goes on where its beginning ended`() {
        let reply = Reply(response: Response(status: 299), isBegun: true)
        #expect(Self.head(reply) == "299 \r\nDate: D\r\nContent-Length: 0\r\n\r\n")
    }

    @Test func `a status that is not final is a bug`() async {
        await #expect(processExitsWith: .failure) {
            _ = Reply(response: Response(status: 100)).head(date: [])
        }
    }
}
