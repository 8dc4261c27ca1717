/// Header fields in the order they came.
///
/// Names compare without case (RFC 9110 §5.1).
package struct Fields: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// Every field, in order; a name may come more than once.
    package private(set) var all: [Field] = []

    /// Room that is made at once: most requests and answers have fewer.
    private static let usualCount = 12

    /// One field: a name and its value, without the blanks around it.
    package struct Field: Sendable, Equatable {
        /// The name as it was sent.
        package let name: String
        /// The value: UTF-8, or read as ISO 8859-1 where it is not.
        package let value: String
    }

    /// No fields.
    package init() {}

    /// Fields as written, in that order.
    package init(dictionaryLiteral elements: (String, String)...) {
        all = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// The first value of that name.
    package subscript(_ name: String) -> String? {
        all.first { $0.name.isSameWord(name) }?.value
    }

    /// Every value of that name, in order.
    package func values(of name: String) -> [String] {
        var values: [String] = []
        for field in all where field.name.isSameWord(name) { values.append(field.value) }
        return values
    }

    /// The members of a comma-separated list, over all fields of that name (RFC 9110 §5.6.1).
    package func list(_ name: String) -> [String] {
        values(of: name).flatMap { value in
            value.utf8.split(separator: UInt8(ascii: ",")).compactMap { member in
                guard let end = member.lastIndex(where: { !$0.isBlank }) else { return nil }
                return String(Substring(member[...end].drop(while: \.isBlank)))
            }
        }
    }

    /// Adds a field after the others.
    package mutating func add(_ name: String, _ value: String) {
        if all.isEmpty { all.reserveCapacity(Self.usualCount) }
        all.append(Field(name: name, value: value))
    }
}
