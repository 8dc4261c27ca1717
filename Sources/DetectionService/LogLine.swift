internal import HTTPServer

/// A line of the log, written as it is told: one or more names and values in their order.
///
/// Names are the service's own words, which need no escapes.
struct LogLine: ~Copyable {
    private let format: LogFormat
    private var written: [UInt8] = []

    init(as format: LogFormat) {
        self.format = format
        written.reserveCapacity(512)
    }

    mutating func add(_ name: String, _ text: String) {
        begin(name)
        if format == .text, Self.isBare(text) {
            written.append(text)
        } else {
            written.append(json: text)
        }
    }

    mutating func add(_ name: String, _ number: Int) {
        begin(name)
        written.append(decimal: number)
    }

    /// In milliseconds.
    mutating func add(_ name: String, _ time: Duration) {
        begin(name)
        written.append(milliseconds: time)
    }

    /// The line without its end.
    consuming func bytes() -> [UInt8] {
        if format == .json { written.append(UInt8(ascii: "}")) }
        return written
    }

    /// Begins `"name":value` or, as text, `name=value`.
    private mutating func begin(_ name: String) {
        switch format {
        case .json:
            written.append(written.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
            written.append(jsonName: name)
        case .text:
            if !written.isEmpty { written.append(UInt8(ascii: " ")) }
            written.append(name)
            written.append(UInt8(ascii: "="))
        }
    }

    /// Whether no blank or quote would confuse the eye.
    private static func isBare(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\"") }
    }
}

/// How lines of the log are written.
enum LogFormat: String, Sendable, CaseIterable {
    /// An object a line, for machines.
    case json
    /// `name=value`, for people.
    case text
}
