/// How a body was made smaller for its way (RFC 9110 §8.4.1).
enum ContentCoding: String {
    case gzip, deflate

    /// What may be asked of us, as `Accept-Encoding` says it.
    static let accepted = "gzip, deflate"

    /// Reads a name; nil for one that is not known.
    private init?(name: String) {
        // RFC 9110 §8.4.1.3: the old name means the same.
        if name.isSameWord("gzip") || name.isSameWord("x-gzip") {
            self = .gzip
        } else if name.isSameWord("deflate") {
            self = .deflate
        } else {
            return nil
        }
    }

    /// The coding of a request's body; nil for bytes as they are.
    ///
    /// - Throws: 415 for another coding, and for one upon the other, which no client sends.
    static func ofBody(_ head: RequestHead) throws(Refusal) -> ContentCoding? {
        let names = head.fields.list("Content-Encoding").filter { !$0.isSameWord("identity") }
        guard let name = names.first else { return nil }
        guard names.count == 1, let coding = ContentCoding(name: name) else {
            throw .contentCoding
        }
        return coding
    }

    /// The coding that a client likes best (RFC 9110 §12.5.3); nil where it asks for none.
    static func preferred(_ fields: Fields) -> ContentCoding? {
        var best: (coding: ContentCoding, weight: Double)?
        for member in fields.list("Accept-Encoding") {
            let parts = member.utf8.split(separator: UInt8(ascii: ";"), maxSplits: 1)
            guard let first = parts.first, let name = String(first.filter { !$0.isBlank }),
                let coding = ContentCoding(name: name)
            else { continue }
            let weight = parts.count > 1 ? weight(parts[1]) : 1
            if weight > (best?.weight ?? 0) { best = (coding, weight) }
        }
        return best?.coding
    }

    /// RFC 9110 §12.4.2: `q=` and a number from 0 to 1; nothing is asked for by what is not that.
    private static func weight(_ text: Substring.UTF8View) -> Double {
        let word = text.filter { !$0.isBlank }
        guard word.count > 2, word[0] | 0x20 == UInt8(ascii: "q"), word[1] == UInt8(ascii: "="),
            let number = String(word.dropFirst(2)).flatMap(Double.init), (0...1).contains(number)
        else { return 0 }
        return number
    }
}

extension String {
    /// ASCII text of bytes, as a field's value has them.
    fileprivate init?(_ bytes: some Sequence<UInt8>) {
        self.init(validating: bytes, as: UTF8.self)
    }
}

extension Response {
    /// Smaller bodies fit one packet as they are, and the client waits no shorter.
    static let codedBytesMin = 1024

    /// This answer as the client of `head` likes it best.
    ///
    /// Only text is made smaller: pictures are small already.
    func coded(for head: RequestHead) -> Response {
        guard isText, status != 204, status != 304, fields["Content-Encoding"] == nil else {
            return self
        }
        var response = self
        // RFC 9110 §12.5.5: caches must tell apart who asked for what.
        response.fields.add("Vary", "Accept-Encoding")
        guard body.count >= Self.codedBytesMin, let coding = ContentCoding.preferred(head.fields),
            let small = Zlib.deflate(body.span, coding), small.count < body.count
        else { return response }
        response.body = small
        response.fields.add("Content-Encoding", coding.rawValue)
        return response
    }

    private var isText: Bool {
        guard let type = fields["Content-Type"] else { return false }
        let end: (UInt8) -> Bool = { $0 == UInt8(ascii: ";") || $0 == .space }
        let name = Substring(type.utf8.prefix { !end($0) }).lowercased()
        return name.hasPrefix("text/") || name.hasSuffix("json") || name.hasSuffix("yaml")
    }
}
