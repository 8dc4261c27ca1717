import Testing

@testable import HTTPServer

struct MultipartTests {
    static let contentType = "multipart/form-data; boundary=b"

    /// Name, file name, type and content of each part, or the refusal.
    static func parse(
        _ body: String, contentType: String = contentType, partsMax: Int = 10,
        limits: Limits = Limits()
    ) -> Result<[[String?]], Refusal> {
        let bytes = [UInt8].make(body)
        return Result { () throws(Refusal) in
            try Multipart.parts(
                of: bytes.span, contentType: contentType, partsMax: partsMax, limits: limits
            ).map { part in
                [
                    part.name, part.filename, part.contentType,
                    String(decoding: bytes[part.content], as: UTF8.self),
                ]
            }
        }
    }

    static func part(_ content: String, disposition: String = "name=\"a\"") -> String {
        "--b\r\nContent-Disposition: form-data; \(disposition)\r\n\r\n\(content)\r\n"
    }

    @Test func `the parts of a form are found, in order`() {
        let body =
            "--b\r\nContent-Disposition: form-data; name=\"api_key\"\r\n\r\n\r\n"
            + "--b\r\ncontent-disposition: FORM-DATA; filename=\"p.jpg\"; name=image\r\n"
            + "Content-Type: image/jpeg\r\n\r\n\r\n--bb\r\n--\r\n\r--b\r\n--b--\r\n"
        #expect(
            Self.parse(body)
                == .success([
                    ["api_key", nil, nil, ""],
                    ["image", "p.jpg", "image/jpeg", "\r\n--bb\r\n--\r\n\r--b"],
                ]))
    }

    @Test(arguments: ["preamble\r\n", "\r\n", "--c\r\n--bx\r\n"], ["", "\r\n", "\r\n--b\r\nx"])
    func `what stands before and behind the form is skipped`(before: String, behind: String) {
        let body = before + Self.part("x") + "--b--" + behind
        #expect(Self.parse(body) == .success([["a", nil, nil, "x"]]))
    }

    @Test func `blanks behind a boundary are skipped`() {
        let body = "--b \t\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--b--"
        #expect(Self.parse(body) == .success([["a", nil, nil, "x"]]))
    }

    @Test func `a form may be empty`() {
        #expect(Self.parse("--b--\r\n") == .success([]))
    }

    @Test(arguments: [
        ("name=\"a\\\"b\"", "a\"b"), ("name=\"a%22b%0d%0A%41%\"", "a\"b\r\n%41%"),
        ("name=\"C:\\dir\\x\"", "C:\\dir\\x"), ("name=\"\\\\\"", "\\"), ("name=\"a;b\"", "a;b"),
        ("name=\"\u{e4}\u{1F600}\"", "\u{e4}\u{1F600}"), ("name=\"\"", ""), ("x=y; NAME=a", "a"),
    ])
    func `names are unquoted`(disposition: String, name: String) {
        let body = Self.part("x", disposition: disposition) + "--b--"
        #expect(Self.parse(body) == .success([[name, nil, nil, "x"]]))
    }

    @Test(arguments: [
        "b", "\"b\"", "b ; charset=utf-8", "b;", "\"b\" ;x=y",
    ])
    func `the boundary is read quoted or bare`(parameter: String) {
        let body = Self.part("x") + "--b--"
        let contentType = "Multipart/Form-Data ; Boundary=\(parameter)"
        #expect(Self.parse(body, contentType: contentType) == .success([["a", nil, nil, "x"]]))
    }

    @Test func `a boundary of 70 characters of every kind is found`() {
        let boundary = "----=_Part (1)'+_,-./:=?" + String(repeating: "x", count: 46)
        let body =
            "--\(boundary)\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n"
            + "--\(boundary)--"
        #expect(
            Self.parse(body, contentType: "multipart/form-data; boundary=\"\(boundary)\"")
                == .success([["a", nil, nil, "x"]]))
    }

    @Test(arguments: [
        "", "image/jpeg", "multipart/mixed; boundary=b", "multipart/form-data",
        "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"b", "multipart/form-data; boundary=\"b \"",
        "multipart/form-data; boundary=b; boundary=c", "multipart/form-data; boundary=b@",
        "multipart/form-data; boundary", "multipart/form-data; =b",
        "multipart/form-data; boundary=\(String(repeating: "b", count: 71))",
    ])
    func `a content type without a good boundary is refused`(contentType: String) {
        #expect(Self.isRefused(Self.parse(Self.part("x") + "--b--", contentType: contentType)))
    }

    @Test(arguments: [
        "", "--", "--b", "--b\r", "--b\r\n", "x--b--", "\n--b--", "--b\n\n--b--",
        part("x"), part("x") + "--b", part("x") + "--b-", part("x") + "--c--",
        "--b\r\n\r\nx\r\n--b--", "--b\r\n--b--", "--b\r\n\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\n\nx\r\n--b--",
        "--b\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition : form-data; name=a\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\nx\r\n--b--",
        part("x", disposition: "name=a; name=b") + "--b--",
        part("x", disposition: "name=\"a") + "--b--",
        part("x", disposition: "name=a\r\nContent-Transfer-Encoding: base64") + "--b--",
    ])
    func `a form that is cut off or malformed is refused`(body: String) {
        #expect(Self.isRefused(Self.parse(body)))
    }

    @Test func `parts and their headers are limited`() {
        let two = Self.part("x") + Self.part("y") + "--b--"
        #expect(!Self.isRefused(Self.parse(two, partsMax: 2)))
        #expect(Self.isRefused(Self.parse(two, partsMax: 1)))
        let header = "Content-Disposition: form-data; name=\"a\"\r\n\r\n".utf8.count
        for (bytes, isRefused) in [(header, false), (header - 1, true)] {
            let limits = Limits.make { $0.partHeaderBytesMax = bytes }
            #expect(
                Self.isRefused(Self.parse(Self.part("x") + "--b--", limits: limits)) == isRefused)
        }
    }

    @Test func `the search agrees with comparing at every place`() {
        var random = SeededGenerator(7)
        for _ in 0..<300 {
            let boundary = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                [UInt8].make("-a").randomElement(using: &random) ?? 0
            }
            let body = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                [UInt8].make("\r\n-a").randomElement(using: &random) ?? 0
            }
            let search = DelimiterSearch(boundary: boundary)
            let start = Int.random(in: 0...body.count, using: &random)
            let found = search.next(in: body.span, from: start)
            #expect(found?.range.lowerBound == naive(boundary, body, from: start))
        }
    }

    private func naive(_ boundary: [UInt8], _ body: [UInt8], from start: Int) -> Int? {
        for place in start..<max(start, body.count) {
            for (line, isFirst) in [("\r\n--", false), ("--", true)] where !isFirst || place == 0 {
                let pattern = .make(line) + boundary
                let rest = body[place...]
                guard rest.starts(with: pattern) else { continue }
                let behind = rest.dropFirst(pattern.count)
                if behind.starts(with: [UInt8].make("--")) || behind.starts(with: [13, 10]) {
                    return place
                }
            }
        }
        return nil
    }

    private static func isRefused(_ result: Result<[[String?]], Refusal>) -> Bool {
        guard case .failure(let refusal) = result else { return false }
        return refusal.status == 400 && refusal.code == "multipart_malformed"
    }
}
