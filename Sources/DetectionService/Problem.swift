internal import HTTPServer

/// A line of the table.
struct Problem: Equatable {
    let status: Int
    /// A stable word for programs.
    let code: String
    /// What was wrong and what is accepted, for people.
    let detail: String
    var level = LogLevel.info
    /// Header fields that belong to the status.
    var fields: Fields = [:]
}

extension Problem {
    /// A 503 that says when to come back: a minute hence at most, for who knows more.
    static func overload(
        _ code: String, _ detail: String, after wait: Duration
    ) -> Problem {
        let seconds = min(max(wait.components.seconds, 0), 59) + 1
        return Problem(
            status: 503, code: code, detail: detail, level: .warning,
            fields: ["Retry-After": "\(seconds)"])
    }
}

extension String {
    /// The text in quotes, cut to what a message can bear, without control characters.
    var quoted: String { "'\(shortened)'" }

    /// The text cut to what a message can bear, without control characters.
    var shortened: String {
        let head = String(String.UnicodeScalarView(unicodeScalars.prefix(64)))
        let isWhole = head.utf8.count == utf8.count
        let plain = head.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
        return String(String.UnicodeScalarView(plain)) + (isWhole ? "" : "…")
    }

    /// As the beginning of a sentence.
    var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}
