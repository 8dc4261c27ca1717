/// Whether a client would rather have the annotated picture than JSON (RFC 9110 §12.5.1).
enum AcceptedReply {
    case json
    case jpeg

    /// The picture for who names `image/jpeg` and does not like JSON as much.
    ///
    /// A client that accepts neither gets JSON: an answer it can look at beats a refusal.
    init(accept: [String]) {
        let ranges = accept.map(Self.range)
        func quality(_ types: [String]) -> Double {
            for type in types {
                if let range = ranges.first(where: { $0.type == type }) { return range.quality }
            }
            return 0
        }
        let jpeg = quality(["image/jpeg", "image/jpg"])
        // A wildcard beside `image/jpeg` is a client that takes what it gets, but named its wish.
        let json = quality(["application/json", "application/*"])
        self = jpeg > json ? .jpeg : .json
    }

    private static func range(_ text: String) -> (type: String, quality: Double) {
        let parts = text.split(separator: ";").map { $0.trimmed.lowercased() }
        let weight = parts.dropFirst().first { $0.hasPrefix("q=") }
        return (parts.first ?? "", weight.map { Double($0.dropFirst(2)) ?? 0 } ?? 1)
    }
}
