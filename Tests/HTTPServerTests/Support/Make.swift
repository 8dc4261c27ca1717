import Testing

@testable import HTTPServer

extension RequestHead {
    static func make(
        _ method: String = "GET", _ path: String = "/", query: [QueryItem] = [],
        minorVersion: Int = 1, fields: Fields = ["Host": "a"]
    ) -> RequestHead {
        RequestHead(
            method: method, path: path, query: query, minorVersion: minorVersion, fields: fields)
    }
}

extension Limits {
    static func make(_ change: (inout Limits) -> Void) -> Limits {
        var limits = Limits()
        change(&limits)
        return limits
    }
}

extension [UInt8] {
    static func make(_ text: String) -> [UInt8] { Array(text.utf8) }

    static func make(hex: String) throws -> [UInt8] {
        let digits = try hex.utf8.map { try #require($0.hexValue) }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

/// What a parser says of some bytes, so that two ways of feeding them can be compared.
enum Verdict<Value: Equatable & Sendable>: Equatable, Sendable {
    case needMore
    case finished(Value, used: Int)
    case refused(Refusal)

    var status: Int? {
        if case .refused(let refusal) = self { refusal.status } else { nil }
    }
}

struct Parsed: Equatable, Sendable {
    let head: RequestHead
    let framing: BodyFraming
}

extension Verdict<Parsed> {
    /// Parses bytes that come in pieces: the first `cut`, then all of them.
    static func make(_ bytes: [UInt8], cuts: [Int] = [], limits: Limits = Limits()) -> Self {
        var parser = RequestParser(limits: limits)
        do throws(Refusal) {
            for end in cuts + [bytes.count] {
                let progress = try parser.parse(bytes.span.extracting(0..<end))
                if case .finished(let head, let framing, let used) = progress {
                    return .finished(Parsed(head: head, framing: framing), used: used)
                }
            }
            return .needMore
        } catch {
            return .refused(error)
        }
    }
}

extension Verdict<[UInt8]> {
    /// Decodes a chunked body whose bytes come in pieces that end at `cuts`.
    static func make(
        chunked bytes: [UInt8], cuts: [Int] = [], bodyBytesMax: Int = 1000,
        limits: Limits = Limits()
    ) -> Self {
        var decoder = ChunkedDecoder(bodyBytesMax: bodyBytesMax, limits: limits)
        var body: [UInt8] = []
        var used = 0
        do throws(Refusal) {
            for end in cuts + [bytes.count] {
                used += try decoder.decode(bytes.span.extracting(used..<end), into: &body)
                if decoder.isFinished { return .finished(body, used: used) }
            }
            return .needMore
        } catch {
            return .refused(error)
        }
    }
}
