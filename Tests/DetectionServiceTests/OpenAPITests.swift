import Detection
import HTTPServer
import Testing

@testable import DetectionService

/// `openapi.yaml` as far as its indentation tells: which keys stand under which.
struct Outline {
    private let lines: [(depth: Int, text: String)]

    init(_ text: String) {
        lines = text.split(separator: "\n").map { line in
            (line.prefix { $0 == " " }.count, line.trimmed)
        }
    }

    /// The keys right below a path of keys.
    func keys(_ path: String...) -> [String] {
        body(path).map { lines in
            lines.filter { $0.depth == lines.first?.depth }.compactMap { Self.key($0.text) }
        } ?? []
    }

    /// What stands behind a key, on its line.
    func value(_ path: String...) -> String? {
        guard let last = path.last, let lines = body(path.dropLast()) else { return nil }
        return lines.first { $0.depth == lines.first?.depth && Self.key($0.text) == last }
            .map { $0.text.dropFirst(last.count + 1).trimmed }
    }

    private func body(_ path: some Sequence<String>) -> ArraySlice<(depth: Int, text: String)>? {
        var rest = lines[...]
        for key in path {
            guard let depth = rest.first?.depth,
                let start = rest.firstIndex(where: {
                    $0.depth == depth && Self.key($0.text) == key
                })
            else { return nil }
            rest = rest[(start + 1)...].prefix { $0.depth > depth }
        }
        return rest
    }

    private static func key(_ text: String) -> String? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        return text[..<colon].filter { $0 != "'" && $0 != "\"" }
    }
}

struct OpenAPITests {
    private let document = Outline(String(decoding: BuiltIn.openAPI, as: UTF8.self))

    /// The members of JSON objects, by the name that the contract gives to each object.
    private func members(_ schema: String) -> [String] {
        document.keys("components", "schemas", schema, "properties")
    }

    private func required(_ schema: String) -> [String] {
        let list = document.value("components", "schemas", schema, "required") ?? ""
        return list.filter { $0 != "[" && $0 != "]" }.split(separator: ",").map(\.trimmed)
    }

    @Test func `every path of the contract is served, and every route stands in it`() {
        let routes = Route.allCases.filter { $0 != .root }
        #expect(document.keys("paths") == routes.map(\.rawValue))
        for route in routes {
            let methods = document.keys("paths", route.rawValue).map { $0.uppercased() }
            #expect(methods == [route.methods[0]])
        }
    }

    @Test func `the reply holds what the contract says, key by key`() async throws {
        let site = try Site(over: .inProcess)
        let response = try await site.send(.picture(try Pictures.jpeg()))
        let reply = try JSONDocument(response.body).root
        try check(reply, is: "DetectReply")
        try check(reply.member("model"), is: "Model")
        try check(reply.member("image"), is: "ImageSize")
        try check(reply.member("timing_ms"), is: "Timing")
        guard case .array(let detections) = reply.member("detections") else {
            throw JSONError(offset: 0, reason: "no detections")
        }
        try check(detections.first, is: "Detection")
        try check(detections.first?.member("box"), is: "Box")
    }

    @Test func `replies, problems and the small routes hold what the contract says`() async throws {
        let site = try Site(over: .inProcess)
        let jpeg = try Pictures.jpeg()
        let replies = try await site.send(.form([("image", "a", jpeg), ("image", "b", jpeg)]))
        let root = try JSONDocument(replies.body).root
        try check(root, is: "DetectReplies")
        guard case .array(let results) = root.member("results") else {
            throw JSONError(offset: 0, reason: "no results")
        }
        try check(results.first, is: "Result")
        let reloaded = try await site.send(TestRequest(method: "POST", path: "/models/reload"))
        try check(JSONDocument(reloaded.body).root, is: "Reloaded")
        for (path, schema) in [
            ("/nope", "Problem"), ("/healthz", "Status"), ("/readyz", "Status"),
            ("/version", "Version"),
        ] {
            let response = try await site.send(.get(path))
            try check(JSONDocument(response.body).root, is: schema)
        }
    }

    @Test func `every code that a test meets stands in the contract under its status`() {
        let text = String(decoding: BuiltIn.openAPI, as: UTF8.self)
        let bad = BadRequest.bodies + BadRequest.pictures + BadRequest.options
        for code in Set(bad.map(\.code)) { #expect(text.contains("`\(code)`")) }
        for code in ["overloaded", "not_ready", "draining", "internal_error"] {
            #expect(text.contains("`\(code)`"))
        }
    }

    @Test func `options and their bounds are the reader's own`() {
        let parameters = document.keys("components", "parameters").filter {
            !["requestId", "trace", "timeout"].contains($0)
        }
        #expect(parameters == OptionReader.names)
        #expect(members("DetectRequest") == ["image"] + OptionReader.names)
        #expect(members("DetectForm") == ["image", "file"] + OptionReader.names)
        #expect(
            document.value("components", "schemas", "DetectionsMax", "maximum")
                == "\(DetectionOptions.detectionsLimit)")
        #expect(document.value("info", "version") == Version.current)
    }

    @Test func `the contract is served as it is`() async throws {
        let site = try Site(over: .inProcess)
        let response = try await site.send(.get("/openapi.yaml"))
        #expect(response.fields["Content-Type"] == "application/yaml")
        #expect(response.body == BuiltIn.openAPI)
    }

    private func check(_ value: JSONValue?, is schema: String) throws {
        guard case .object(let object) = value else {
            throw JSONError(offset: 0, reason: "no object for \(schema)")
        }
        #expect(object.map(\.name) == members(schema), "\(schema)")
        #expect(required(schema) == members(schema), "\(schema)")
    }
}

extension JSONValue {
    fileprivate func member(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
}
