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

    /// Such a date's number of seconds since 1970 is rounded up to the next second, while its own text is the
    /// second's before: lines of that second were a second early.
    @Test
    func `a time that lies just before a second is of that second, and so are those behind it`() {
        var time = LogTime()
        let second = 791_596_800.0  // since 2001
        let before = Date(timeIntervalSinceReferenceDate: second.nextDown)
        #expect(time.text(at: before) == "2026-02-01T00:00:00.000Z")
        let behind = Date(timeIntervalSinceReferenceDate: second + 0.5)
        #expect(time.text(at: behind) == "2026-02-01T00:00:00.500Z")
    }
}
