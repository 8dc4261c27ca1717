import HTTPServer
import Testing

@testable import DetectionService

struct TraceContextTests {
    private static let id = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"

    @Test(arguments: [
        "00-\(id)-\(span)-00", "00-\(id)-\(span)-01", "00-\(id)-\(span)-ff",
        "01-\(id)-\(span)-01", "cc-\(id)-\(span)-01-what-comes-later", "01-\(id)-\(span)-01-",
    ])
    func `a trace is taken in, and of a later version what is understood`(text: String) {
        let trace = TraceContext(["traceparent": text])
        #expect(trace?.traceparent == "00" + text.dropFirst(2).prefix(53))
    }

    @Test(arguments: [
        "", "00", "00-\(id)-\(span)", "00-\(id)-\(span)-1", "00-\(id)-\(span)-01-x",
        "00-\(id)-\(span)-01-", "ff-\(id)-\(span)-01", "0-\(id)-\(span)-01", "00-\(id)x-\(span)-01",
        "00-00000000000000000000000000000000-\(span)-01", "00-\(id)-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-\(span)-01", "00-\(id)-\(span)-0é",
        "00-\(id)-\(span)-01\r\nX: y", " 00-\(id)-\(span)-01",
        "01-\(id)-\(span)-01-" + String(repeating: "x", count: 300),
    ])
    func `a trace that is malformed is ignored`(text: String) {
        #expect(TraceContext(["traceparent": text]) == nil)
    }

    @Test func `two traces are none`() {
        let one = "00-\(Self.id)-\(Self.span)-01"
        #expect(TraceContext(["traceparent": one, "Traceparent": one]) == nil)
        #expect(TraceContext([:]) == nil)
    }
}

struct ServerTimingTests {
    @Test func `stages of several pictures are added up, and the whole comes last`() {
        var one = StageTiming()
        one.queue = .milliseconds(1)
        one.inference = .microseconds(2500)
        let text = ServerTiming.text([one, one], total: .milliseconds(9))
        #expect(
            text == "queue;dur=2.0, decode;dur=0.0, preprocess;dur=0.0, inference;dur=5.0,"
                + " postprocess;dur=0.0, total;dur=9.0")
        #expect(ServerTiming.text([], total: .zero) == "total;dur=0.0")
    }

    @Test(arguments: ["/healthz", "/nope", "/metrics", "/detect"])
    func `every answer says how long it took`(path: String) async throws {
        let site = try Site(over: .inProcess)
        let response = try await site.send(.get(path))
        #expect(response.fields["Server-Timing"]?.hasPrefix("total;dur=") == true)
    }
}
