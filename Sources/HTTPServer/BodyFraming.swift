/// How the length of a request's body is told (RFC 9112 §6).
///
/// Whoever reads these rules differently from the proxy in front sees other requests than the proxy
/// does (request smuggling). So everything doubtful is refused.
enum BodyFraming: Equatable {
    case none
    case length(Int)
    case chunked

    init(_ fields: Fields, minorVersion: Int) throws(Refusal) {
        let hasLength = fields["Content-Length"] != nil
        guard fields["Transfer-Encoding"] != nil else {
            let length = hasLength ? try Self.length(fields.values(of: "Content-Length")) : 0
            self = length > 0 ? .length(length) : .none
            return
        }
        // RFC 9112 §6.1: HTTP/1.0 does not know it, so its framing is faulty.
        guard minorVersion >= 1 else {
            throw .malformed("Transfer-Encoding is not part of HTTP/1.0: send Content-Length.")
        }
        // RFC 9112 §6.3: both lengths present.
        guard !hasLength else {
            throw .malformed("Both Content-Length and Transfer-Encoding are present: send one.")
        }
        let codings = fields.list("Transfer-Encoding")
        // RFC 9112 §6.3: chunked is the last coding, or nobody knows where the body ends; that comes before
        // the question whether the others are understood.
        guard codings.last?.isSameWord("chunked") == true else {
            throw .malformed("Transfer-Encoding does not end with 'chunked'.")
        }
        for coding in codings where !coding.isSameWord("chunked") {
            // RFC 9112 §6.1: a coding that is not understood.
            throw .notImplemented(
                "transfer_coding_unsupported", "The only Transfer-Encoding accepted is 'chunked'.")
        }
        // RFC 9112 §6.1: chunked is applied once.
        guard codings.count == 1 else {
            throw .malformed("Transfer-Encoding does not say 'chunked' exactly once.")
        }
        self = .chunked
    }

    /// RFC 9110 §8.6: digits only.
    ///
    /// A list of equal numbers stands for that number.
    private static func length(_ values: [String]) throws(Refusal) -> Int {
        var length: Int?
        for value in values {
            let members = value.utf8.split(
                separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            for member in members {
                let number = try number(member)
                // RFC 9112 §6.3: differing lengths.
                guard length == nil || length == number else {
                    throw .malformed("Content-Length is given twice, with different values.")
                }
                length = number
            }
        }
        return length ?? 0
    }

    /// A number too large for an `Int` is the largest one: no limit on bodies lets it pass.
    private static func number(_ member: Substring.UTF8View.SubSequence) throws(Refusal) -> Int {
        guard let end = member.lastIndex(where: { !$0.isBlank }) else {
            throw .malformed("Content-Length is empty: decimal digits are expected.")
        }
        var number = 0
        for byte in member[...end].drop(while: \.isBlank) {
            guard byte.isDigit else {
                throw .malformed("Content-Length is no number: decimal digits are expected.")
            }
            let (tens, overflows) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflowsToo) = tens.addingReportingOverflow(Int(byte - 0x30))
            number = overflows || overflowsToo ? .max : sum
        }
        return number
    }
}
