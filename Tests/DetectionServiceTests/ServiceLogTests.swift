import HTTPServer
import Testing

@testable import DetectionService

struct ServiceLogTests {
    @Test func `a request is one line of JSON that says who, what and how long`() async throws {
        let site = try Site(over: .inProcess)
        _ = try await site.send(
            .picture(
                try Pictures.jpeg(), query: [("conf", "0.123")], fields: [("X-Request-Id", "me")]))
        site.flushLog()
        let lines = site.log.all
        #expect(lines.count == 1)
        let line = lines.first ?? ""
        #expect(throws: Never.self) { try JSONDocument(Array(line.utf8)) }
        for part in [
            #""level":"info""#, #""request_id":"me""#, #""method":"POST","path":"/detect""#,
            #""status":200"#, #""detections":3"#, #""batch_size":1"#, #""inference_ms":0.0"#,
        ] { #expect(line.contains(part)) }
        #expect(!line.contains("0.123"))
    }

    @Test func `the log knows what the client is not told`() async throws {
        let site = try Site(StandInPredictor(failure: .network("secret")), over: .inProcess)
        _ = try await site.send(.picture(try Pictures.jpeg()))
        site.flushLog()
        #expect(site.log.all.first?.contains(#""level":"error""#) == true)
        #expect(site.log.all.first?.contains("network: secret") == true)
    }

    @Test func `lines below the level are not written`() {
        let lines = Lines()
        let log = ServiceLog(level: .warning) { lines.add($0) }
        for level in LogLevel.allCases { log.note(level) { $0.key("n", level.rawValue) } }
        log.flush()
        #expect(lines.all.count == 2)
    }

    @Test func `a reader that stalls costs lines, not time, and is told how many`() async throws {
        let lines = Lines()
        let gate = Gate()
        let log = ServiceLog(level: .info) {
            gate.pass()
            lines.add($0)
        }
        for _ in 0..<5000 { log.note(.info) { _ in } }
        gate.open()
        log.flush()
        log.note(.info) { _ in }
        log.flush()
        #expect(lines.all.count == 4097)
        #expect(lines.all.last?.contains("\"lines_dropped\":904") == true)
    }
}
