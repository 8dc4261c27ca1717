/// Looks for the lines that part a multipart body: CR LF `--boundary` (RFC 2046 §5.1.1).
///
/// DESIGN. By the last byte under the window the search jumps ahead (Horspool 1980): in a picture nearly
/// every jump is as long as the delimiter, so one byte in 40 is read. Horspool alone can be made
/// quadratic by a hostile body. Here a window is compared from its front, and the delimiter begins with a CR
/// that occurs nowhere else in it. So the bytes matched by one window never reach the next CR, and all
/// comparisons together stay linear.
struct DelimiterSearch {
    /// A delimiter in the body.
    struct Delimiter: Equatable {
        /// From the CR (or the first dash, at the start of the body) to where the part begins.
        let range: Range<Int>
        /// Whether no part follows.
        let isFinal: Bool
    }

    private let pattern: [UInt8]
    private let jumps: [Int]

    /// - Parameter boundary: bytes without CR.
    init(boundary: [UInt8]) {
        pattern = [.carriageReturn, .lineFeed] + Array("--".utf8) + boundary
        var jumps = [Int](repeating: pattern.count, count: 256)
        for (index, byte) in pattern.dropLast().enumerated() {
            jumps[Int(byte)] = pattern.count - 1 - index
        }
        self.jumps = jumps
    }

    /// The first delimiter at `start` or behind it.
    func next(in body: Span<UInt8>, from start: Int) -> Delimiter? {
        // At the start of the body there is no line end before it.
        if start == 0, matches(body, at: 0, from: 2),
            let delimiter = delimiter(in: body, 0..<pattern.count - 2)
        {
            return delimiter
        }
        // A part's empty content begins with the CR LF that ends its boundary's line.
        var window = start
        while window <= body.count - pattern.count {
            if matches(body, at: window, from: 0),
                let delimiter = delimiter(in: body, window..<window + pattern.count)
            {
                return delimiter
            }
            window += jumps[Int(body[window + pattern.count - 1])]
        }
        return nil
    }

    private func matches(_ body: Span<UInt8>, at place: Int, from skipped: Int) -> Bool {
        guard pattern.count - skipped <= body.count - place else { return false }
        for index in skipped..<pattern.count
        where body[place + index - skipped] != pattern[index] { return false }
        return true
    }

    /// What follows the boundary decides: `--` ends the form, blanks and CR LF begin a part, and anything
    /// else is a longer word that only begins like the boundary.
    private func delimiter(in body: Span<UInt8>, _ found: Range<Int>) -> Delimiter? {
        var end = found.upperBound
        if end + 1 < body.count, body[end] == UInt8(ascii: "-"), body[end + 1] == body[end] {
            return Delimiter(range: found.lowerBound..<end + 2, isFinal: true)
        }
        while end < body.count, body[end].isBlank { end += 1 }
        guard end + 1 < body.count, body[end] == .carriageReturn, body[end + 1] == .lineFeed else {
            return nil
        }
        return Delimiter(range: found.lowerBound..<end + 2, isFinal: false)
    }
}
