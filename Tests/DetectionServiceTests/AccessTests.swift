import HTTPServer
import Locks
import Testing

@testable import DetectionService

struct APIKeysTests {
    private static let hash = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"

    @Test func `a key is known by its hash alone`() throws {
        let keys = try APIKeys(
            "# ours\n\n camera-7:\(Self.hash) \nops:\(Self.hash.uppercased()):admin")
        #expect(KeyDigest(of: "secret").text == Self.hash)
        #expect(keys.holder(of: "secret")?.name == "ops")
        #expect(keys.holder(of: "Secret") == nil)
        #expect(keys.holder(of: "") == nil)
        #expect(keys.holder(of: Self.hash) == nil)
    }

    @Test func `a made line reads back`() throws {
        let text = """
            \(APIKeys.line(name: "a", key: "one", isAdministrator: false))
            \(APIKeys.line(name: "b", key: "two", isAdministrator: true))
            """
        let keys = try APIKeys(text)
        #expect(keys.holder(of: "one")?.isAdministrator == false)
        #expect(keys.holder(of: "two")?.isAdministrator == true)
    }

    @Test(arguments: [
        ("", APIKeysError.none), ("# nobody", .none), ("a", .line(1)), ("a:", .line(1)),
        ("\na:12", .line(2)), ("a:\(hash)0", .line(1)), ("a:\(hash):root", .line(1)),
        ("a:\(hash):admin:x", .line(1)), ("a b:\(hash)", .line(1)), (":\(hash)", .line(1)),
        ("é:\(hash)", .line(1)), ("a:\(hash.dropLast())g", .line(1)),
        ("a:\(hash)\na:\(hash)", .repeatedName("a", line: 2)),
        (String(repeating: "x", count: 65) + ":\(hash)", .line(1)),
    ])
    func `a file that is none is refused by its line`(text: String, error: APIKeysError) {
        #expect(throws: error) { try APIKeys(text) }
    }

    @Test func `keys that cannot be read leave those of before in force`() throws {
        let text = Guarded(APIKeys.line(name: "a", key: "one", isAdministrator: false))
        let ring = try KeyRing { () throws(CommandFailure) in
            do throws(APIKeysError) { return try APIKeys(text.withLock { $0 }) } catch {
                throw CommandFailure(error.words)
            }
        }
        text.withLock { $0 = "" }
        #expect(throws: CommandFailure.self) { try ring.reload() }
        #expect(ring.holder(of: "one") != nil)
        text.withLock { $0 = APIKeys.line(name: "a", key: "two", isAdministrator: false) }
        try ring.reload()
        #expect(ring.holder(of: "one") == nil)
        #expect(ring.holder(of: "two") != nil)
    }
}

@Suite(.serialized) struct AccessTests {
    private static func ring() throws -> KeyRing {
        try KeyRing { () throws(CommandFailure) in
            let lines = [
                APIKeys.line(name: "camera", key: "client-key", isAdministrator: false),
                APIKeys.line(name: "ops", key: "admin-key", isAdministrator: true),
            ]
            do throws(APIKeysError) { return try APIKeys(lines.joined(separator: "\n")) } catch {
                throw CommandFailure(error.words)
            }
        }
    }

    private static func request(_ path: String, _ fields: [(String, String)]) throws -> TestRequest
    {
        var request = TestRequest(method: "GET", path: path, fields: fields)
        if path == "/detect" { request = .picture(try Pictures.jpeg(), fields: fields) }
        if path == "/models/reload" { request.method = "POST" }
        return request
    }

    private static let paths = [
        "/healthz", "/readyz", "/", "/openapi.yaml", "/version", "/detect", "/metrics",
        "/models/reload",
    ]

    @Test(arguments: [
        ([], [200, 200, 200, 200, 401, 401, 401, 401]),
        ([("X-API-Key", "client-key")], [200, 200, 200, 200, 200, 200, 403, 403]),
        ([("Authorization", "Bearer client-key")], [200, 200, 200, 200, 200, 200, 403, 403]),
        ([("authorization", "bearer  admin-key")], [200, 200, 200, 200, 200, 200, 200, 200]),
        ([("x-api-key", "admin-key")], [200, 200, 200, 200, 200, 200, 200, 200]),
        ([("X-API-Key", "wrong")], [200, 200, 200, 200, 401, 401, 401, 401]),
        ([("X-API-Key", "")], [200, 200, 200, 200, 401, 401, 401, 401]),
        ([("Authorization", "Basic client-key")], [200, 200, 200, 200, 401, 401, 401, 401]),
    ])
    func `a key opens what it is for`(fields: [(String, String)], statuses: [Int]) async throws {
        let site = try Site(over: .inProcess, access: Access(keys: try Self.ring()))
        for (path, status) in zip(Self.paths, statuses) {
            let response = try await site.send(try Self.request(path, fields))
            #expect(response.status == status, "\(path)")
            #expect((response.fields["WWW-Authenticate"] != nil) == (status == 401))
        }
        site.flushLog()
        #expect(site.log.all.allSatisfy { !$0.contains("-key") })
    }

    @Test func `the log names whose key it was`() async throws {
        let site = try Site(over: .inProcess, access: Access(keys: try Self.ring()))
        _ = try await site.send(
            .picture(try Pictures.jpeg(), fields: [("X-API-Key", "client-key")]))
        site.flushLog()
        #expect(site.log.all.first?.contains(#""client":"camera""#) == true)
    }

    @Test func `a door of their own keeps administrators' routes from the others`() async throws {
        let site = try Site(over: .inProcess, access: Access(hasAdministratorsDoor: true))
        for (path, main, door) in [
            ("/healthz", 200, 200), ("/metrics", 404, 200), ("/detect", 200, 404),
            ("/models/reload", 404, 200),
        ] {
            let request = try Self.request(path, [])
            #expect(try await site.send(request).status == main, "\(path)")
            let administrators = AdministratorsDoor(service: site.service)
            #expect(await request.answer(from: administrators).status == door, "\(path)")
        }
    }

    @Test(arguments: [(true, 200), (false, 403)])
    func `without key or door, who is reached by strangers is not reloaded`(
        isLocal: Bool, status: Int
    ) async throws {
        let site = try Site(over: .inProcess, access: Access(isLocal: isLocal))
        #expect(try await site.send(try Self.request("/models/reload", [])).status == status)
        #expect(try await site.send(try Self.request("/metrics", [])).status == 200)
    }
}

struct CrossOriginTests {
    private static let page = ("Origin", "https://app.example")

    @Test func `no page may ask unless told`() async throws {
        let site = try Site(over: .inProcess)
        let response = try await site.send(
            .picture(try Pictures.jpeg(), fields: [Self.page]))
        #expect(response.fields["Access-Control-Allow-Origin"] == nil)
    }

    @Test(arguments: [
        (["https://app.example"], "https://app.example", String?("https://app.example")),
        (["https://app.example"], "https://app.example.evil", nil),
        (["https://app.example"], "http://app.example", nil), (["*"], "http://any", "*"),
    ])
    func `pages of allowed origins may ask, with a key too`(
        origins: [String], origin: String, allowed: String?
    ) async throws {
        let keys = try KeyRing { () throws(CommandFailure) in
            do throws(APIKeysError) {
                return try APIKeys(APIKeys.line(name: "a", key: "k", isAdministrator: false))
            } catch {
                throw CommandFailure(error.words)
            }
        }
        let site = try Site(
            over: .inProcess, access: Access(keys: keys), crossOrigin: CrossOrigin(origins))
        var preflight = TestRequest.get("/detect", method: "OPTIONS")
        preflight.fields = [("Origin", origin), ("Access-Control-Request-Method", "POST")]
        let before = try await site.send(preflight)
        #expect(before.status == 204)
        #expect(before.fields["Access-Control-Allow-Origin"] == allowed)
        #expect(
            (before.fields["Access-Control-Allow-Methods"] == "POST, OPTIONS") == (allowed != nil))
        let response = try await site.send(
            .picture(try Pictures.jpeg(), fields: [("Origin", origin), ("X-API-Key", "k")]))
        #expect(response.status == 200)
        #expect(response.fields["Access-Control-Allow-Origin"] == allowed)
        // A page reads why it is refused, too.
        let refused = try await site.send(
            .picture(try Pictures.jpeg(), fields: [("Origin", origin)]))
        #expect(refused.status == 401)
        #expect(refused.fields["Access-Control-Allow-Origin"] == allowed)
    }

    @Test(arguments: [
        ("https://a.example", true), ("http://localhost:3000", true), ("*", true),
        ("a.example", false), ("https://", false), ("https://a/", false), ("ftp://a", false),
        ("https://a b", false), ("null", false), ("", false),
    ])
    func `an origin is a scheme and a host`(text: String, isOrigin: Bool) {
        #expect(CrossOrigin.isOrigin(text) == isOrigin)
    }
}
