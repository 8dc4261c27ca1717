import Dispatch
import HTTPServer
import Locks
import Testing

@testable import DetectionService

struct ServiceLogTests {
    @Test func `a request is one line of JSON that says who, what and how long`() async throws {
        let site = try Site(over: .inProcess)
        // More digits than a time has.
        let confidence = "0.1234567"
        _ = try await site.send(
            .picture(
                try Pictures.jpeg(), query: [("conf", confidence)], fields: [("X-Request-Id", "me")]
            ))
        site.flushLog()
        let lines = site.log.all
        #expect(lines.count == 1)
        let line = lines.first ?? ""
        #expect(throws: Never.self) { try JSONDocument(Array(line.utf8)) }
        for part in [
            #""level":"info""#, #""request_id":"me""#, #""method":"POST","path":"/detect""#,
            #""status":200"#, #""detections":3"#, #""batch_size":1"#, #""inference_ms":0.0"#,
        ] { #expect(line.contains(part)) }
        #expect(!line.contains(confidence))
    }

    @Test func `nothing of a query or a key is in the log, whatever the answer`() async throws {
        let site = try Site(over: .inProcess)
        let jpeg = try Pictures.jpeg()
        let keys = [("Authorization", "Bearer SECRET"), ("X-API-Key", "SECRET")]
        for query in ["SECRET", "classes", "conf", "api_key"] {
            _ = try await site.send(.picture(jpeg, query: [(query, "SECRET")], fields: keys))
        }
        _ = try await site.send(.picture(jpeg, type: "text/SECRET", fields: keys))
        site.flushLog()
        #expect(site.log.all.count == 5)
        #expect(site.log.all.allSatisfy { !$0.contains("SECRET") })
    }

    @Test func `a trace is carried to the log and the answer`() async throws {
        let site = try Site(over: .inProcess)
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let response = try await site.send(
            .picture(try Pictures.jpeg(), fields: [("traceparent", trace)]))
        #expect(response.fields["traceparent"] == trace)
        site.flushLog()
        let line = site.log.all.first ?? ""
        #expect(line.contains(#""trace_id":"4bf92f3577b34da6a3ce929d0e0e4736""#))
        #expect(line.contains(#""parent_id":"00f067aa0ba902b7""#))
    }

    @Test func `text is name and value, in quotes where a blank would confuse`() {
        let lines = Lines()
        let log = ServiceLog(level: .info, format: .text) { lines.add($0) }
        log.note(.warning) {
            $0.add("path", "/a b\n")
            $0.add("code", "not_found")
            $0.add("status", 404)
            $0.add("ms", .microseconds(500))
            $0.add("nothing", "")
        }
        log.flush()
        let rest = #" level=warning path="/a b\n" code=not_found status=404 ms=0.5 nothing="""#
        #expect(lines.all.first?.hasPrefix("time=20") == true)
        #expect(lines.all.first?.hasSuffix(rest) == true)
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
        for level in LogLevel.allCases { log.note(level) { $0.add("n", level.rawValue) } }
        log.flush()
        #expect(lines.all.count == 2)
    }

    @Test func `lines that are noted together are written in their order`() {
        let lines = Lines()
        let log = ServiceLog(level: .info, format: .text) { lines.add($0) }
        for number in 0..<9 { log.note(.info) { $0.add("number", number) } }
        log.flush()
        #expect(lines.all.map { $0.suffix(8) } == (0..<9).map { "number=\($0)" })
    }

    @Test func `lines noted while others are written are one text, an end between two`() async {
        let texts = Guarded<[String]>([])
        let gate = Gate()
        let log = ServiceLog(level: .info, format: .text) { text in
            gate.pass()
            texts.withLock { $0.append(text) }
        }
        log.note(.info) { $0.add("number", 0) }
        await gate.waitForWorker()
        for number in 1...2 { log.note(.info) { $0.add("number", number) } }
        gate.open()
        log.flush()
        let written = texts.withLock { $0 }.map {
            $0.split(separator: "\n", omittingEmptySubsequences: false)
        }
        #expect(
            written.map { $0.map { $0.suffix(9) } } == [[" number=0"], [" number=1", " number=2"]])
    }

    @Test func `somebody is sent for by the first line, and by the next once gone`() {
        var attendance = ServiceLog.Attendance()
        let first = [attendance.noted(), attendance.noted(), attendance.paused()]
        #expect(first == [true, false, true])
        let later = [attendance.noted(), attendance.paused(), attendance.paused()]
        #expect(later == [false, true, false])
        let isSentForAgain = attendance.noted()
        #expect(isSentForAgain)
    }

    @Test func `a line is written soon, though nobody asks for it, and so is the next`() {
        let isWritten = DispatchSemaphore(value: 0)
        let log = ServiceLog(level: .info) { _ in isWritten.signal() }
        for _ in 0..<2 {
            log.note(.info) { _ in }
            #expect(isWritten.wait(timeout: .now() + 10) == .success)
        }
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
        let end = #","level":"info","lines_dropped":904}"#
        #expect(lines.all.last?.hasSuffix(end) == true)
    }
}
