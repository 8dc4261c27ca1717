internal import FoundationEssentials

/// When a line was noted, as ISO 8601 says it in UTC, to the millisecond: `2026-01-31T23:59:59.042Z`.
///
/// What is the same for all lines of a second is kept.
struct LogTime: Sendable {
    private var second = -Double.infinity
    private var beginning: [UInt8] = []

    mutating func text(at time: Date) -> String {
        let since = time.timeIntervalSince1970
        let second = since.rounded(.down)
        if second != self.second {
            self.second = second
            // But for the Z. Not of `time` itself, which may lie a little before a second that its number is rounded to.
            beginning = Date(timeIntervalSince1970: second).formatted(.iso8601).utf8.dropLast()
        }
        let milliseconds = Int((since - second) * 1000)
        var text = beginning
        text.append(UInt8(ascii: "."))
        for unit in [100, 10, 1] {
            text.append(UInt8(ascii: "0") + UInt8(milliseconds / unit % 10))
        }
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }
}
