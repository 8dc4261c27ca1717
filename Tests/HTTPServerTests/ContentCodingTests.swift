import Testing

@testable import HTTPServer

/// Bodies in codings: requests made whole, answers made small.
@Suite(.timeLimit(.minutes(1)))
struct ContentCodingTests {
    static let text = [UInt8].make(String(repeating: "the same words again and ", count: 400))

    static func head(_ coding: String?, accepts: String? = nil) -> RequestHead {
        var fields: Fields = ["Host": "a"]
        if let coding { fields.add("Content-Encoding", coding) }
        if let accepts { fields.add("Accept-Encoding", accepts) }
        return .make("POST", "/", fields: fields)
    }

    static func packed(_ bytes: [UInt8], _ coding: ContentCoding) throws -> [UInt8] {
        let packed = Zlib.deflate(bytes.span, coding)
        return try #require(packed)
    }

    /// What the reader makes of a body whose bytes come in pieces of that size.
    static func read(
        _ bytes: [UInt8], _ coding: ContentCoding, bytesMax: Int = 100_000, piece: Int = .max,
        limits: Limits = Limits()
    ) throws(Refusal) -> [UInt8]? {
        var reader = RequestReader(limits: limits)
        try reader.beginBody(.length(bytes.count), coding, bytesMax: bytesMax)
        var start = 0
        while start < bytes.count {
            let end = start + min(piece, bytes.count - start)
            reader.receive(bytes.span.extracting(start..<end))
            start = end
            repeat {
                if let body = try reader.finishBody() { return body }
            } while reader.hasUndecodedBytes
        }
        return nil
    }

    // MARK: Requests

    @Test(arguments: [ContentCoding.gzip, .deflate], [1, 7, 64, 100_000])
    func `a body comes whole, however it was cut`(coding: ContentCoding, piece: Int) throws {
        let small = try Self.packed(Self.text, coding)
        #expect(small.count < Self.text.count / 10)
        #expect(try Self.read(small, coding, piece: piece) == Self.text)
    }

    @Test(arguments: [ContentCoding.gzip, .deflate])
    func `an empty body in a coding is empty`(coding: ContentCoding) throws {
        let none: [UInt8] = []
        let small = try Self.packed(none, coding)
        #expect(try Self.read(small, coding) == [])
    }

    @Test func `a bomb is refused at the limit, and made whole no further`() throws {
        let zeros = [UInt8](repeating: 0, count: 50_000_000)
        let bomb = try Self.packed(zeros, .gzip)
        #expect(bomb.count < 250_000)
        #expect(throws: Refusal.bodyTooLarge(bytesMax: 100_000)) {
            try Self.read(bomb, .gzip)
        }
        let exact = try Self.packed(Array(zeros[..<100_000]), .gzip)
        #expect(try Self.read(exact, .gzip)?.count == 100_000)
        let more = try Self.packed(Array(zeros[..<100_001]), .gzip)
        #expect(throws: Refusal.bodyTooLarge(bytesMax: 100_000)) {
            try Self.read(more, .gzip)
        }
    }

    @Test func `a body that grows much is made whole in turns`() throws {
        let zeros = [UInt8](repeating: 0, count: 100_000)
        let small = try Self.packed(zeros, .gzip)
        let limits = Limits.make { $0.turnBytesMax = 1000 }
        var reader = RequestReader(limits: limits)
        try reader.beginBody(.length(small.count), .gzip, bytesMax: 100_000)
        reader.receive(small.span)
        var turns = 1
        while true {
            if let body = try reader.finishBody() {
                #expect(body == zeros)
                break
            }
            try #require(reader.hasUndecodedBytes)
            turns += 1
        }
        #expect(turns >= 100)
    }

    @Test func `one gzip behind another is their contents behind one another`() throws {
        let one = try Self.packed([UInt8].make("one "), .gzip)
        let two = try Self.packed([UInt8].make("two"), .gzip)
        for piece in [1, 5, 1000] {
            #expect(try Self.read(one + two, .gzip, piece: piece) == .make("one two"))
        }
    }

    @Test(arguments: [ContentCoding.gzip, .deflate])
    func `what is not of its coding is refused`(coding: ContentCoding) throws {
        let whole = try Self.packed(Self.text, coding)
        let other = try Self.packed(Self.text, coding == .gzip ? .deflate : .gzip)
        var damaged = whole
        damaged[whole.count / 2] ^= 0xFF
        var wrongSum = whole
        wrongSum[whole.count - 1] ^= 0xFF
        for bytes in [
            [UInt8].make("plain words"), other, damaged, wrongSum, Array(whole.dropLast()),
            whole + [0], whole + whole.prefix(3),
        ] {
            let refusal = #expect(throws: Refusal.self) { try Self.read(bytes, coding) }
            #expect(refusal?.status == 400)
            #expect(refusal?.code == "malformed_content_encoding")
        }
    }

    @Test(arguments: [
        ("gzip", ContentCoding.gzip), ("GZIP", .gzip), ("x-gzip", .gzip), ("deflate", .deflate),
        ("identity", nil), ("identity, gzip", .gzip), ("", nil), (nil, nil),
    ])
    func `a coding is known by its name`(name: String?, coding: ContentCoding?) throws {
        #expect(try ContentCoding.ofBody(Self.head(name)) == coding)
    }

    @Test(arguments: ["br", "zstd", "compress", "gzip, gzip", "gzip, br", "gzip;q=1", "gz"])
    func `another coding is refused, and told what would do`(name: String) {
        let refusal = #expect(throws: Refusal.self) {
            try ContentCoding.ofBody(Self.head(name))
        }
        #expect(refusal?.status == 415)
        #expect(refusal?.fields == ["Accept-Encoding": "gzip, deflate"])
    }

    @Test func `bodies in codings come in over a socket, chunked or not`() async throws {
        let small = try Self.packed(Self.text, .gzip)
        try await serving { server in
            let client = try TestClient(port: server.port)
            for framing in ["Content-Length: \(small.count)", "Transfer-Encoding: chunked"] {
                client.send(
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\n\(framing)\r\n\r\n")
                if framing.hasSuffix("chunked") {
                    for byte in small { client.send([0x31, 13, 10, byte, 13, 10]) }
                    client.send("0\r\n\r\n")
                } else {
                    client.send(small)
                }
                #expect(client.answer().content == String(decoding: Self.text, as: UTF8.self))
            }
        }
    }

    @Test func `a bomb over a socket is told so, and others are served meanwhile`() async throws {
        let zeros = [UInt8](repeating: 0, count: 50_000_000)
        let bomb = try Self.packed(zeros, .deflate)
        try await serving(handler: StubHandler(bodyBytesMax: 40_000_000)) { server in
            let client = try TestClient(port: server.port)
            let other = try TestClient(port: server.port)
            client.send(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: deflate\r\n"
                    + "Content-Length: \(bomb.count)\r\n\r\n")
            client.send(bomb)
            other.send(ServerTests.get)
            #expect(other.answer().status == 200)
            let answer = client.answer()
            #expect(answer.status == 413)
            #expect(answer.content == "body_too_large")
        }
    }

    // MARK: Answers

    @Test(arguments: [
        ("gzip", ContentCoding.gzip), ("deflate", .deflate), ("gzip, deflate, br, zstd", .gzip),
        ("deflate, gzip", .deflate), ("gzip;q=0.5, deflate;q=0.9", .deflate),
        ("gzip ; q=1.0", .gzip), ("gzip;Q=0.1", .gzip), ("gzip;q=0", nil), ("br", nil),
        ("identity", nil), ("*", nil), ("", nil), ("gzip;q=x", nil), ("gzip;q=2", nil),
        (";q=1", nil), (nil, nil),
    ])
    func `a client gets the coding it likes best`(accepts: String?, coding: ContentCoding?) throws {
        let plain = Response(
            status: 200, fields: ["Content-Type": "application/json"], body: Self.text)
        let response = plain.coded(for: Self.head(nil, accepts: accepts))
        #expect(response.fields["Content-Encoding"] == coding?.rawValue)
        #expect(response.fields["Vary"] == "Accept-Encoding")
        if let coding {
            #expect(try Self.read(response.body, coding) == Self.text)
        } else {
            #expect(response.body == Self.text)
        }
    }

    @Test(arguments: [
        ("application/json", true), ("application/problem+json; charset=utf-8", true),
        ("text/plain; version=0.0.4", true), ("application/yaml", true), ("TEXT/HTML", true),
        ("image/jpeg", false), ("application/octet-stream", false), (nil, false),
    ])
    func `only text is made small`(type: String?, isSmall: Bool) {
        var plain = Response(status: 200, body: Self.text)
        if let type { plain.fields.add("Content-Type", type) }
        let response = plain.coded(for: Self.head(nil, accepts: "gzip"))
        #expect((response.body.count < plain.body.count) == isSmall)
        #expect((response.fields["Vary"] != nil) == isSmall)
    }

    @Test func `what is small, has no content or grows stays as it is`() {
        let head = Self.head(nil, accepts: "gzip")
        var random = SeededGenerator(1)
        let noise = (0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) }
        for body in [Array(Self.text.prefix(Response.codedBytesMin - 1)), noise] {
            let plain = Response(status: 200, fields: ["Content-Type": "text/plain"], body: body)
            #expect(plain.coded(for: head).body == body)
        }
        let none = Response(status: 204, fields: ["Content-Type": "text/plain"], body: Self.text)
        #expect(none.coded(for: head) == none)
        let coded = Response(
            status: 200, fields: ["Content-Type": "text/plain", "Content-Encoding": "br"],
            body: Self.text)
        #expect(coded.coded(for: head) == coded)
    }
}
