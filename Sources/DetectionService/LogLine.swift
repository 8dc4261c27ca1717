internal import FoundationEssentials

/// What a line of the log says: names and values in their order.
struct LogLine: Sendable {
    private var members: [(name: String, value: Value)] = []

    init() { members.reserveCapacity(20) }

    private enum Value: Sendable {
        case text(String)
        case whole(Int)
        case number(Double)
    }

    mutating func add(_ name: String, _ text: String) { members.append((name, .text(text))) }
    mutating func add(_ name: String, _ number: Int) { members.append((name, .whole(number))) }
    mutating func add(_ name: String, _ number: Double) { members.append((name, .number(number))) }

    /// Adds the members of another line.
    mutating func add(_ rest: LogLine) { members += rest.members }

    /// The line without its end.
    func written(as format: LogFormat) -> String {
        switch format {
        case .json: json
        case .text: text
        }
    }

    private var json: String {
        var json = JSONWriter()
        json.object { json in
            for (name, value) in members {
                switch value {
                case .text(let text): json.key(name, text)
                case .whole(let number): json.key(name, number)
                case .number(let number): json.key(name, number)
                }
            }
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// `name=value`, in quotes where a blank or a quote would confuse the eye.
    private var text: String {
        members.map { name, value in
            switch value {
            case .text(let text): "\(name)=\(Self.bare(text) ? text : Self.quoted(text))"
            case .whole(let number): "\(name)=\(number)"
            case .number(let number): "\(name)=\(number)"
            }
        }.joined(separator: " ")
    }

    private static func bare(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\"") }
    }

    private static func quoted(_ text: String) -> String {
        var json = JSONWriter()
        json.value(text)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

/// How lines of the log are written.
enum LogFormat: String, Sendable, CaseIterable {
    /// An object a line, for machines.
    case json
    /// `name=value`, for people.
    case text
}
