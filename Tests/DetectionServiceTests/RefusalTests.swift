import Batching
import HTTPServer
import Imaging
import Testing

@testable import DetectionService

/// What is wrong with a request, and how it is told.
struct BadRequest: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let status: Int
    let code: String
    let request: @Sendable () throws -> TestRequest
    /// A part of the words that the client reads.
    var words = ""

    init(
        _ description: String, _ status: Int, _ code: String, words: String = "",
        _ request: @escaping @Sendable @autoclosure () throws -> TestRequest
    ) {
        testDescription = description
        self.status = status
        self.code = code
        self.words = words
        self.request = request
    }

    private static let jpeg = Result { try Pictures.jpeg() }

    private static func picture(_ text: String) -> TestRequest { .picture(Array(text.utf8)) }

    private static func option(_ name: String, _ value: String) throws -> TestRequest {
        .picture(try jpeg.get(), query: [(name, value)])
    }

    private static func form(_ name: String, _ content: String) -> TestRequest {
        .form([(name, nil, Array(content.utf8))])
    }

    static let bodies = [
        BadRequest("nothing", 400, "empty_body", .picture([])),
        BadRequest("an empty form", 400, "missing_image", words: "conf", form("conf", "0.5")),
        BadRequest("a wrong field", 400, "unknown_field", words: "'picture'", form("picture", "x")),
        BadRequest("an empty file", 400, "empty_image", form("image", "")),
        BadRequest(
            "a form without boundary", 400, "multipart_malformed",
            .picture([1, 2, 3], type: "multipart/form-data")),
        BadRequest(
            "a form cut short", 400, "multipart_malformed",
            .picture(Array("--x\r\nContent".utf8), type: "multipart/form-data; boundary=x")),
        BadRequest(
            "too many pictures", 413, "too_many_images", words: "4",
            .form((0..<5).map { ("image", "\($0)", [1, 2, 3]) })),
        BadRequest("no JSON", 400, "malformed_json", words: "byte 1", .json("{image}")),
        BadRequest("a JSON list", 400, "malformed_json", words: "object", .json("[]")),
        BadRequest("an empty object", 400, "missing_image", .json("{}")),
        BadRequest(
            "an unknown member", 400, "unknown_field", words: "'imgsz'", .json("{\"imgsz\":640}")),
        BadRequest("a number as picture", 400, "invalid_field", .json("{\"image\":1}")),
        BadRequest(
            "no base64", 400, "malformed_base64", words: "at 2", .json("{\"image\":\"ab!\"}")),
        BadRequest("base64 cut short", 400, "malformed_base64", .json("{\"image\":\"abcde\"}")),
        BadRequest("empty base64", 400, "empty_image", .json("{\"image\":\"\"}")),
        BadRequest(
            "a data URI without base64", 400, "malformed_data_uri",
            .json("{\"image\":\"data:image/jpeg,abc\"}")),
        BadRequest(
            "a body over the limit", 413, "body_too_large",
            .picture([UInt8](repeating: 0, count: Site.bodyBytesMax + 1))),
    ]

    static let pictures = [
        BadRequest("no picture", 415, "unsupported_image", words: "JPEG, PNG", picture("hello")),
        BadRequest("a GIF", 415, "unsupported_image", words: "GIF", picture("GIF89a......")),
        BadRequest("a BMP", 415, "unsupported_image", words: "BMP", picture("BM..........")),
        BadRequest("a TIFF", 415, "unsupported_image", words: "TIFF", picture("II*\0........")),
        BadRequest(
            "a HEIC", 415, "unsupported_image", words: "HEIC",
            picture("\0\0\0\u{18}ftypheic....mif1")),
        BadRequest(
            "an AVIF", 415, "unsupported_image", words: "AVIF",
            picture("\0\0\0\u{18}ftypavif....mif1")),
        // What curl sends with -d alone: the type is that of a web form, which is read as a picture.
        BadRequest(
            "JSON for a picture", 415, "unsupported_image", words: "JSON",
            .picture(Array("{\"image\":\"\"}".utf8), type: "application/x-www-form-urlencoded")),
        BadRequest(
            "an annotated picture too long for a JPEG", 406, "not_acceptable", words: "65500",
            .picture(Pictures.blackLine(width: 65_501), fields: [("Accept", "image/jpeg")])),
        BadRequest(
            "half a picture", 422, "truncated_image", words: "ends early",
            .picture(Array(try Pictures.jpeg(width: 300, height: 300).prefix(700)))),
        BadRequest(
            "200 megapixels", 413, "too_many_pixels", words: "20000 x 10000",
            .picture(Pictures.pngHeader(width: 20000, height: 10000))),
        BadRequest(
            "an annotated picture of two", 406, "not_acceptable",
            .form(
                [("image", "a", try jpeg.get()), ("image", "b", try jpeg.get())],
                fields: [("Accept", "image/jpeg")])),
    ]

    static let options = [
        BadRequest(
            "a confidence above 1", 400, "invalid_option", words: "conf", try option("conf", "2")),
        BadRequest("a confidence of words", 400, "invalid_option", try option("conf", "high")),
        BadRequest(
            "a confidence that is no number", 400, "invalid_option", try option("conf", "nan")),
        // Float reads all of these; the last one up to its zero byte, whatever stands behind.
        BadRequest("a hexadecimal confidence", 400, "invalid_option", try option("conf", "0x1p-2")),
        BadRequest("an endless confidence", 400, "invalid_option", try option("conf", "inf")),
        BadRequest(
            "a confidence with more behind it", 400, "invalid_option", words: "a number",
            try option("conf", "0.5\0.9")),
        BadRequest("an IoU below 0", 400, "invalid_option", try option("iou", "-0.1")),
        BadRequest("no detections at all", 400, "invalid_option", try option("max_det", "0")),
        BadRequest("half a detection", 400, "invalid_option", try option("max_det", "1.5")),
        BadRequest(
            "more than can be counted", 400, "invalid_option",
            try option("max_det", "99999999999999999999")),
        BadRequest("perhaps", 400, "invalid_option", try option("agnostic", "perhaps")),
        BadRequest("no class", 400, "invalid_option", try option("classes", "qr,")),
        BadRequest(
            "an unknown class", 400, "unknown_class", words: "zebra", try option("classes", "zebra")
        ),
        BadRequest(
            "a class name without end", 400, "invalid_option", words: "a short text",
            .json(
                try jpeg.get(), ",\"classes\":[\"\(String(repeating: "x", count: 5000))\"]")),
        BadRequest("a class id beyond", 400, "unknown_class", try option("classes", "3")),
        BadRequest(
            "an unknown option", 400, "unknown_option", words: "'confidence'",
            try option("confidence", "0.5")),
        BadRequest(
            "an option twice", 400, "invalid_option", words: "twice",
            .picture(try jpeg.get(), query: [("conf", "0.1"), ("conf", "0.2")])),
        BadRequest(
            "an option of the wrong kind", 400, "invalid_option",
            .json(try jpeg.get(), ",\"conf\":null")),
        BadRequest(
            "a huge number", 400, "invalid_option", .json(try jpeg.get(), ",\"max_det\":1e300")),
        BadRequest(
            "a list of lists", 400, "invalid_option", .json(try jpeg.get(), ",\"classes\":[[1]]")),
    ]

    static let heads = [
        BadRequest("an unknown path", 404, "not_found", words: "'/predict'", .get("/predict")),
        BadRequest("a path with more behind", 404, "not_found", .get("/detect/")),
        BadRequest("a wrong method", 405, "method_not_allowed", words: "POST", .get("/detect")),
        BadRequest(
            "a method of no one", 405, "method_not_allowed", .get("/metrics", method: "BREW")),
        BadRequest(
            "a wrong type", 415, "unsupported_media_type", words: "multipart/form-data",
            .picture([1], type: "text/plain; charset=utf-8")),
        BadRequest(
            "a type that is none", 415, "unsupported_media_type", .picture([1], type: "image")),
        BadRequest(
            "a type with an accent on its slash", 415, "unsupported_media_type",
            .picture([1], type: "application/\u{301}json")),
    ]
}

// One after another: each case has threads of its own, of which Dispatch gives out 255 at most.
@Suite(.serialized) struct RefusalTests {
    @Test(
        arguments: Transport.allCases,
        BadRequest.bodies + BadRequest.pictures + BadRequest.options + BadRequest.heads)
    func `a bad request gets its status, its code and clear words, and the service lives on`(
        transport: Transport, bad: BadRequest
    ) async throws {
        let site = try Site(over: transport)
        let response = try await site.send(try bad.request())
        #expect(response.status == bad.status)
        #expect(response.code == bad.code)
        #expect(response.detail.contains(bad.words))
        #expect(response.fields["Content-Type"] == "application/problem+json")
        #expect(response.text.hasPrefix("{\"type\":\"about:blank\",\"title\":\""))
        #expect(try await site.send(.picture(try Pictures.jpeg())).status == 200)
    }

    @Test func `a wrong method is told the right ones`() async throws {
        let site = try Site(over: .inProcess)
        #expect(try await site.send(.get("/detect")).fields["Allow"] == "POST, OPTIONS")
        let response = try await site.send(.picture([], type: "text/plain"))
        #expect(response.fields["Accept"] == DetectBody.acceptedTypes)
    }

    @Test func `a client's own words are cut short and never break a line`() {
        let path = "/\u{1B}[31m\n" + String(repeating: "x", count: 1000)
        let detail = ServiceError.noSuchPath(path).problem.detail
        #expect(detail.utf8.count < 200)
        #expect(!detail.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }

    @Test(arguments: [
        (ServiceError.notReady, "Service Unavailable"), (.failed(""), "Internal Server Error"),
        (.abandoned, "Client Closed Request"),
        (.picture(.truncated, place: nil), "Unprocessable Content"),
    ])
    func `the title is the status's phrase`(error: ServiceError, title: String) {
        #expect(error.problem.title == title)
    }

    @Test func `a client for whom there is no connection is told when to come back`() {
        let refusal = Refusal(
            status: 503, code: "", detail: "", fields: ["Retry-After": "1"])
        #expect(ServiceError.http(refusal).problem.fields == ["Retry-After": "1"])
    }

    @Test func `the time to come back is within a minute, however long the queue`() {
        func seconds(_ wait: Duration) -> String? {
            ServiceError.overloaded(.places(expectedWait: wait)).problem.fields["Retry-After"]
        }
        #expect(seconds(.zero) == "1")
        #expect(seconds(.milliseconds(2500)) == "3")
        #expect(seconds(.seconds(1_000_000)) == "60")
        #expect(seconds(.seconds(-5)) == "1")
    }
}
