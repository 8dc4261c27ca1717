import HTTPServer
import Imaging
import Testing

@testable import DetectionService

// One after another: each case has threads of its own, of which Dispatch gives out 255 at most.
@Suite(.serialized) struct ServiceTests {
    // The ways to send a picture

    @Test(
        arguments: Transport.allCases,
        ["image/jpeg", "application/octet-stream", "application/x-www-form-urlencoded", nil])
    func `a picture as the body is detected, whatever the type calls it`(
        transport: Transport, type: String?
    ) async throws {
        let site = try Site(over: transport)
        let response = try await site.send(.picture(try Pictures.jpeg(), type: type))
        #expect(response.status == 200)
        #expect(response.fields["Content-Type"] == "application/json")
        let reply: ReplyShape = try response.json()
        #expect(reply.id == response.fields["X-Request-Id"])
        #expect(reply.model == ReplyShape.Model(name: "stand-in", version: "7"))
        #expect(reply.image == ReplyShape.Size(width: 40, height: 30))
        #expect(reply.detections.map(\.label) == ["linear", "qr", "two, words"])
        #expect(reply.detections.map { $0.confidence * 256 } == [200, 199, 198])
        #expect(reply.detections[1].box == ["x1": 0, "y1": 1, "x2": 40, "y2": 2.5])
        #expect(reply.batch_size == 1)
    }

    @Test(arguments: Transport.allCases)
    func `the reply's members stand in the order of the contract`(
        transport: Transport
    ) async throws {
        let site = try Site(over: transport)
        let text = try await site.send(.picture(try Pictures.jpeg())).text
        let members = text.split(separator: "\"").filter { Self.names.contains(String($0)) }
        #expect(members.prefix(8).map(String.init) == Array(Self.names.prefix(8)))
        #expect(members.suffix(8).map(String.init) == Array(Self.names.suffix(8)))
    }

    private static let names = [
        "id", "model", "name", "version", "image", "width", "height", "detections", "timing_ms",
        "queue", "decode", "preprocess", "inference", "postprocess", "total", "batch_size",
    ]

    @Test(arguments: Transport.allCases, ["", "data:image/jpeg;base64,", "DATA:;base64,"])
    func `a picture in JSON is the same picture`(
        transport: Transport, prefix: String
    ) async throws {
        let site = try Site(over: transport)
        let response = try await site.send(.json(try Pictures.jpeg(), prefix: prefix))
        let reply: ReplyShape = try response.json()
        #expect(reply.detections.first?.confidence == 200.0 / 256)
    }

    @Test func `base64 in JSON may hold escaped characters`() async throws {
        let site = try Site(over: .inProcess)
        var request = try TestRequest.json(Pictures.jpeg())
        let text = String(decoding: request.body, as: UTF8.self)
        request.body = Self.escaped(text.utf8)
        #expect(try await site.send(request).status == 200)
    }

    private static func escaped(_ text: some Sequence<UInt8>) -> [UInt8] {
        text.flatMap { byte in
            switch byte {
            case UInt8(ascii: "/"): Array("\\/".utf8)
            case UInt8(ascii: "+"): Array("\\u002b".utf8)
            default: [byte]
            }
        }
    }

    @Test(arguments: Transport.allCases, ["image", "file"])
    func `a form's only picture gets a single reply`(
        transport: Transport, field: String
    ) async throws {
        let site = try Site(over: transport)
        let response = try await site.send(.form([(field, "a.jpg", try Pictures.jpeg())]))
        let reply: ReplyShape = try response.json()
        #expect(reply.image.width == 40)
    }

    @Test(arguments: Transport.allCases)
    func `several pictures get their results in their order`(transport: Transport) async throws {
        let site = try Site(over: transport)
        let response = try await site.send(
            .form([
                ("image", "a.jpg", try Pictures.jpeg(width: 10, shade: 100)),
                ("max_det", nil, Array("1".utf8)),
                ("file", "b.jpg", try Pictures.jpeg(width: 90, shade: 240)),
                ("image", "c.jpg", try Pictures.jpeg(width: 30, shade: 180)),
            ]))
        let reply: RepliesShape = try response.json()
        #expect(reply.results.map(\.image.width) == [10, 90, 30])
        let shades = reply.results.map { $0.detections.map { $0.confidence * 256 } }
        #expect(shades == [[100], [240], [180]])
    }

    @Test func `one bad picture of several fails the request and is named`() async throws {
        let site = try Site(over: .inProcess)
        let whole = try Pictures.jpeg(width: 300, height: 300)
        let response = try await site.send(
            .form([("image", "a.jpg", whole), ("image", "b.jpg", Array(whole.prefix(700)))]))
        #expect(response.status == 422)
        #expect(response.detail.hasPrefix("Picture 2 ('b.jpg')"))
    }

    @Test(arguments: Transport.allCases)
    func `the annotated picture comes to who asks for it`(transport: Transport) async throws {
        let site = try Site(over: transport)
        let response = try await site.send(
            .picture(
                try Pictures.jpeg(), fields: [("Accept", "image/jpeg"), ("X-Request-Id", "me-1")]))
        #expect(response.status == 200)
        #expect(response.fields["Content-Type"] == "image/jpeg")
        #expect(response.body.starts(with: [0xFF, 0xD8, 0xFF]))
        #expect(response.fields["X-Request-Id"] == "me-1")
        #expect(response.fields["X-Detections"] == "3")
    }

    // Options

    @Test(arguments: Transport.allCases)
    func `options are taken from the query, the form and the JSON`(
        transport: Transport
    ) async throws {
        let site = try Site(over: transport)
        let jpeg = try Pictures.jpeg()
        for request in [
            TestRequest.picture(jpeg, query: [("classes", "qr,0"), ("conf", "0.77")]),
            .form([
                ("image", "x", jpeg), ("classes", nil, Array("1, linear".utf8)),
                ("conf", nil, Array("0.77".utf8)),
            ]),
            .json(jpeg, ",\"classes\":[\"qr\",0],\"conf\":0.77"),
            .json(jpeg, ",\"classes\":\"qr,linear\",\"conf\":\"0.77\""),
        ] {
            let reply: ReplyShape = try await site.send(request).json()
            #expect(reply.detections.map(\.class_id) == [0, 1])
        }
    }

    @Test func `an option of the body stands above the same one of the query`() async throws {
        let site = try Site(over: .inProcess)
        var request = try TestRequest.json(Pictures.jpeg(), ",\"max_det\":2")
        request.query = [("max_det", "1")]
        let reply: ReplyShape = try await site.send(request).json()
        #expect(reply.detections.count == 2)
    }

    @Test func `a class name with a comma can be asked for in a JSON list`() async throws {
        let site = try Site(over: .inProcess)
        let request = try TestRequest.json(Pictures.jpeg(), ",\"classes\":[\"two, words\"]")
        let reply: ReplyShape = try await site.send(request).json()
        #expect(reply.detections.map(\.class_id) == [2])
    }

    // The routes beside

    @Test(arguments: Transport.allCases, ["/", "/healthz", "/readyz", "/version"])
    func `small routes answer GET and HEAD in JSON`(
        transport: Transport, path: String
    ) async throws {
        let site = try Site(over: transport)
        for method in ["GET", "HEAD"] {
            let response = try await site.send(.get(path, method: method))
            #expect(response.status == 200)
            #expect(response.fields["Content-Type"] == "application/json")
            #expect(response.fields["X-Request-Id"] != nil)
        }
    }

    @Test(arguments: Transport.allCases)
    func `OPTIONS says what a path allows`(transport: Transport) async throws {
        let site = try Site(over: transport)
        for (path, allowed) in [
            ("/detect", "POST, OPTIONS"), ("/metrics", "GET, HEAD, OPTIONS"),
            ("*", "GET, HEAD, POST, OPTIONS"),
        ] {
            let response = try await site.send(.get(path, method: "OPTIONS"))
            #expect(response.status == 204)
            #expect(response.fields["Allow"] == allowed)
        }
    }

    // Life

    @Test(arguments: Transport.allCases)
    func `a service is ready from its warm-up to its leave, and serves until its queue is closed`(
        transport: Transport
    ) async throws {
        let site = try Site(over: transport, isReady: false)
        let detect = TestRequest.picture(try Pictures.jpeg())
        func codes() async throws -> [String?] {
            [try await site.send(.get("/readyz")).code, try await site.send(detect).code]
        }
        #expect(try await codes() == ["not_ready", "not_ready"])
        site.service.becomeReady()
        #expect(try await codes() == [nil, nil])
        site.service.leave()
        #expect(try await codes() == ["draining", nil])
        site.service.becomeReady()
        #expect(try await site.send(.get("/readyz")).status == 503)
        #expect(try await site.send(.get("/healthz")).status == 200)
        site.queue.drain {}
        #expect(try await codes() == ["draining", "draining"])
    }

    @Test(arguments: Transport.allCases)
    func `a full queue refuses at once and says when to come back`(
        transport: Transport
    ) async throws {
        let gate = Gate()
        let site = try Site(
            StandInPredictor(gate: gate), over: transport, workers: 1, queueMax: 2)
        let jpeg = try Pictures.jpeg()
        let request = TestRequest.form([("image", "a", jpeg), ("image", "b", jpeg)])
        async let held = site.send(request)
        await gate.waitForWorker()
        let refused = try await site.send(.picture(jpeg))
        #expect(refused.status == 503)
        #expect(refused.code == "overloaded")
        #expect(refused.fields["Retry-After"] == "1")
        gate.open()
        #expect(try await held.status == 200)
    }

    @Test func `a request of more pictures than there are places takes none`() async throws {
        let site = try Site(over: .inProcess, workers: 1, queueMax: 2)
        let jpeg = try Pictures.jpeg()
        let parts = [String](repeating: "image", count: 3).map { ($0, String?("x"), jpeg) }
        #expect(try await site.send(.form(parts)).code == "overloaded")
        #expect(try await site.send(.form(Array(parts.prefix(2)))).status == 200)
    }

    @Test func `more bytes than may wait are refused before they are read`() async throws {
        let jpeg = try Pictures.jpeg()
        let site = try Site(over: .inProcess, queueBytesMax: 2 * jpeg.count)
        let head = RequestHead(
            method: "POST", path: "/detect", fields: ["Content-Length": "\(2 * jpeg.count + 1)"])
        guard case .answer(let response) = site.service.admit(head) else {
            return #expect(Bool(false), "it was admitted")
        }
        #expect(response.status == 503)
        #expect(TestResponse(response).code == "overloaded_bytes")
        #expect(try await site.send(.picture(jpeg)).status == 200)
        // In JSON a picture is held twice: as it came, and decoded.
        #expect(try await site.send(.json(jpeg)).status == 503)
        // They are let go of by the worker, just behind the answer.
        let end = ContinuousClock.now + .seconds(10)
        while site.queue.bytesHeld > 0, .now < end { await Task.yield() }
        #expect(site.queue.bytesHeld == 0)
    }

    // Time

    @Test(arguments: [
        "0", "0.0", "-1", "+1", "1e3", "nan", "inf", "0x10", "1,5", "1.", ".5", "", "3600.1",
        "99999999999999999999", "1 ", "１", "1;2", "1.2.3",
    ])
    func `a time that is none is refused and said back`(value: String) async throws {
        let site = try Site(over: .inProcess)
        let response = try await site.send(
            .picture(try Pictures.jpeg(), fields: [("X-Request-Timeout", value)]))
        #expect(response.status == 400)
        #expect(response.code == "invalid_timeout")
        #expect(response.detail.contains("'\(value)'"))
    }

    @Test(arguments: ["0.5", "1", "3600", "00010.250000"])
    func `a time in seconds is taken`(value: String) async throws {
        let site = try Site(over: .inProcess)
        let response = try await site.send(
            .picture(try Pictures.jpeg(), fields: [("X-Request-Timeout", value)]))
        #expect(response.status == 200)
    }

    @Test func `two times are refused`() async throws {
        let site = try Site(over: .inProcess)
        let fields = [("X-Request-Timeout", "1"), ("x-request-timeout", "1")]
        let response = try await site.send(.picture(try Pictures.jpeg(), fields: fields))
        #expect(response.code == "invalid_timeout")
    }

    @Test(arguments: Transport.allCases)
    func `what no worker came to in time is a 504 and does not reach the network`(
        transport: Transport
    ) async throws {
        let gate = Gate()
        let site = try Site(StandInPredictor(gate: gate), over: transport, workers: 1)
        let jpeg = try Pictures.jpeg()
        async let held = site.send(.picture(jpeg))
        await gate.waitForWorker()
        async let late = site.send(.picture(jpeg, fields: [("X-Request-Timeout", "0.001")]))
        while site.queue.depth.waiting == 0 { await Task.yield() }
        let begun = ContinuousClock.now
        while ContinuousClock.now < begun + .milliseconds(2) { await Task.yield() }
        gate.open()
        #expect(try await held.status == 200)
        let response = try await late
        #expect(response.status == 504)
        #expect(response.code == "deadline_exceeded")
        #expect(site.metrics.cancellations[.deadline]?.count == 1)
        #expect(site.metrics.pictures.count == 1)
    }

    @Test func `what could not start in time is refused at once, and told when to come back`()
        async throws
    {
        let gate = Gate()
        let site = try Site(StandInPredictor(gate: gate), over: .inProcess, workers: 1)
        let jpeg = try Pictures.jpeg()
        let frame = try site.queue.serving.letterbox(for: PictureBytes(jpeg)).target
        site.queue.learn(frame, took: .seconds(30))
        async let held = site.send(.picture(jpeg, fields: [("X-Request-Timeout", "60")]))
        await gate.waitForWorker()
        let refused = try await site.send(.picture(jpeg))
        #expect(refused.status == 503)
        #expect(refused.code == "deadline_unreachable")
        let seconds = Int(refused.fields["Retry-After"] ?? "") ?? 0
        #expect((20...31).contains(seconds))
        gate.open()
        #expect(try await held.status == 200)
    }

    @Test func `what fails inside is a 500 that tells nothing of the inside`() async throws {
        let site = try Site(
            StandInPredictor(failure: .network("model.2.cv1: secret")), over: .inProcess)
        let response = try await site.send(.picture(try Pictures.jpeg()))
        #expect(response.status == 500)
        #expect(response.code == "internal_error")
        #expect(!response.text.contains("secret"))
    }

    @Test(arguments: [
        ("abc-123.X_~+/=:", true), ("", false), ("a b", false), ("é", false), ("a\"b", false),
        (String(repeating: "x", count: 129), false),
    ])
    func `a sane request id of the client is kept`(id: String, isKept: Bool) async throws {
        let site = try Site(over: .inProcess)
        let response = try await site.send(
            TestRequest(method: "GET", path: "/nope", fields: [("X-Request-Id", id)]))
        let answered = response.fields["X-Request-Id"]
        #expect((answered == id) == isKept)
        #expect(answered?.isEmpty == false)
        #expect(response.text.contains("\"request_id\":\"\(answered ?? "")\""))
    }
}
