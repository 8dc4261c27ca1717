import FoundationEssentials
import Testing

@testable import DetectionService

struct LogTimeTests {
    @Test func `a time is ISO 8601 in UTC, whatever was asked before`() {
        var time = LogTime()
        for (second, text) in [
            (0, "1970-01-01T00:00:00.000Z"), (0.9999, "1970-01-01T00:00:00.999Z"),
            (1_769_903_999.0425, "2026-01-31T23:59:59.042Z"),
            (1_769_903_999.5, "2026-01-31T23:59:59.500Z"),
            (1_769_904_000.0075, "2026-02-01T00:00:00.007Z"),
            // The clock was set back.
            (1_769_903_999.25, "2026-01-31T23:59:59.250Z"),
            (-0.25, "1969-12-31T23:59:59.750Z"),
        ] { #expect(time.text(at: Date(timeIntervalSince1970: second)) == text) }
    }
}
