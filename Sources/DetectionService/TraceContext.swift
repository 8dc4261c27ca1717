internal import HTTPServer

/// Where a request belongs in a trace that a client keeps (W3C Trace Context, `traceparent`).
///
/// It is taken in, carried to the log and given back in the answer. The service records no spans of its own,
/// so it names none: the parent stays the client's.
struct TraceContext: Equatable, Sendable {
    /// 32 hexadecimal digits, not all 0.
    let traceID: String
    /// 16 hexadecimal digits, not all 0: the client's span.
    let parentID: String
    /// 2 hexadecimal digits.
    let flags: String

    /// The context of a request; nil where it brings none, more than one, or one that is malformed,
    /// which the standard has ignored.
    init?(_ fields: Fields) {
        let values = fields.values(of: "traceparent")
        guard values.count == 1, let value = values.first else { return nil }
        self.init(value)
    }

    /// Reads `version-trace-parent-flags`; of a version after 00, those four parts of it.
    init?(_ text: String) {
        guard text.utf8.count <= Self.charactersMax else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, zip(parts, [2, 32, 16, 2]).allSatisfy({ $0.isHex(count: $1) }),
            parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else { return nil }
        traceID = String(parts[1])
        parentID = String(parts[2])
        flags = String(parts[3])
    }

    /// As it is sent, in version 00.
    var traceparent: String { "00-\(traceID)-\(parentID)-\(flags)" }

    /// Version 00 has 55; later ones may add a little.
    private static let charactersMax = 256
}

extension Substring {
    /// Lower case only, as the standard asks.
    fileprivate func isHex(count: Int) -> Bool {
        utf8.count == count
            && utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}
