/// Header fields in the order they came. Names compare without case (RFC 9110 §5.1).
package struct Fields: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    package private(set) var all: [Field] = []
    package struct Field: Sendable, Equatable {
        package let name: String
        package let value: String
    }
    package init() {}
    package init(dictionaryLiteral elements: (String, String)...) {
        all = elements.map { Field(name: $0.0, value: $0.1) }
    }
    /// The first value of that name.
    package subscript(_ name: String) -> String? {
        all.first { $0.name.lowercased() == name.lowercased() }?.value
    }
    package mutating func add(_ name: String, _ value: String) {
        all.append(Field(name: name, value: value))
    }
}

/// A request line and its fields.
package struct RequestHead: Sendable, Equatable {
    package let method: String
    /// The path as sent, such as `/v2/models/a%20b/infer`: routes decode their own segments.
    package let path: String
    /// Decoded pairs of the query, in order; `+` is a space.
    package let query: [QueryItem]
    package let minorVersion: Int  // HTTP/1.0 or HTTP/1.1
    package let fields: Fields
    package struct QueryItem: Sendable, Equatable {
        package let name: String
        package let value: String
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }
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
}

/// An answer. The server adds `Content-Length`, `Date`, `Connection`, and drops the body for HEAD.
package struct Response: Sendable, Equatable {
    package var status: Int
    package var fields: Fields
    package var body: [UInt8]
    package init(status: Int, fields: Fields = [:], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}
