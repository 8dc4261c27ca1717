internal import HTTPServer

/// Which web pages may ask the service from a browser (CORS, Fetch §3.2); none unless told.
struct CrossOrigin: Sendable, Equatable {
    /// `https://app.example`, as browsers send it; `*` for any.
    var origins: Set<String> = []

    init(_ origins: some Sequence<String> = []) { self.origins = Set(origins) }

    /// What every answer to a page of an allowed origin carries.
    func fields(for head: RequestHead?) -> [(name: String, value: String)] {
        guard let allowed = allowed(head) else { return [] }
        return [
            ("Access-Control-Allow-Origin", allowed), ("Vary", "Origin"),
            (
                "Access-Control-Expose-Headers",
                "X-Request-Id, Retry-After, Server-Timing, X-Detections, X-Batch-Size"
            ),
        ]
    }

    /// What the answer to a browser's question before its request carries, besides.
    func preflight(
        for head: RequestHead, methods: [String]
    ) -> [(name: String, value: String)] {
        guard allowed(head) != nil, head.fields["Access-Control-Request-Method"] != nil else {
            return []
        }
        return [
            ("Access-Control-Allow-Methods", methods.joined(separator: ", ")),
            (
                "Access-Control-Allow-Headers",
                "Content-Type, Authorization, X-API-Key, X-Request-Id, X-Request-Timeout, traceparent"
            ),
            ("Access-Control-Max-Age", "600"),
        ]
    }

    private func allowed(_ head: RequestHead?) -> String? {
        guard !origins.isEmpty, let origin = head?.fields["Origin"] else { return nil }
        return origins.contains("*") ? "*" : origins.contains(origin) ? origin : nil
    }

    /// Whether a text is an origin: a scheme, a host, perhaps a port, and nothing behind.
    static func isOrigin(_ text: String) -> Bool {
        if text == "*" { return true }
        guard let colon = text.firstRange(of: "://") else { return false }
        let host = text[colon.upperBound...]
        return ["http", "https"].contains(text[..<colon.lowerBound]) && !host.isEmpty
            && host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/?#@,\"".utf8.contains($0) }
    }
}
