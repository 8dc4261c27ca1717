/// A request line and its fields.
package struct RequestHead: Sendable, Equatable {
    /// The method as sent; methods are case-sensitive (RFC 9110 §9.1).
    package let method: String
    /// The path, such as `/v2/models/a%20b/infer`: routes decode their own segments.
    ///
    /// Its percent-escapes are well formed, and none stands for a letter, a digit or one of `-._~`. It is
    /// `*` for `OPTIONS *`.
    package let path: String
    /// Decoded pairs of the query, in order; `+` is a space.
    ///
    /// They are UTF-8 and may hold any character, control characters too.
    package let query: [QueryItem]
    /// 0 for HTTP/1.0, else 1.
    package let minorVersion: Int
    /// The header fields.
    package let fields: Fields

    /// `name=value`, both decoded.
    package struct QueryItem: Sendable, Equatable {
        /// The name; may be empty.
        package let name: String
        /// The value; empty where there is no `=`.
        package let value: String

        /// A pair, as decoded.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A head of these parts; nothing is checked.
    package init(
        method: String, path: String, query: [QueryItem] = [], minorVersion: Int = 1,
        fields: Fields = [:]
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.minorVersion = minorVersion
        self.fields = fields
    }

    /// Whether the client would send another request on this connection (RFC 9112 §9.3).
    var keepsAlive: Bool {
        let options = fields.list("Connection")
        if options.contains(where: { $0.isSameWord("close") }) { return false }
        return minorVersion >= 1 || options.contains { $0.isSameWord("keep-alive") }
    }

    /// Whether the client holds its body back until it reads `100 Continue`.
    ///
    /// - Throws: 417 for any other expectation.
    func expectsContinue() throws(Refusal) -> Bool {
        // RFC 9110 §10.1.1: an expectation in HTTP/1.0 is ignored.
        guard minorVersion >= 1 else { return false }
        let expectations = fields.list("Expect")
        for expectation in expectations where !expectation.isSameWord("100-continue") {
            // RFC 9110 §10.1.1: an expectation that cannot be met.
            throw .expectation
        }
        return !expectations.isEmpty
    }
}
