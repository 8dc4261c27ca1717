internal import HTTPServer

/// How long a client waits for its detections, as it says in `X-Request-Timeout`: seconds, with decimals
/// if it likes, counted from the end of its request.
enum RequestTimeout {
    static let fieldName = "X-Request-Timeout"
    /// Who would wait longer waits so long.
    static let longest = Duration.seconds(3600)

    /// What the head asks for, or `standard` where it does not say.
    ///
    /// - Throws: for what is no positive decimal number, is longer than an hour, or is said twice.
    static func read(_ fields: Fields, standard: Duration) throws(ServiceError) -> Duration {
        let values = fields.values(of: fieldName)
        guard let value = values.first else { return standard }
        guard values.count == 1, let timeout = duration(value), timeout <= longest,
            timeout > .zero
        else { throw .invalidTimeout(value) }
        return timeout
    }

    /// Digits, and digits behind a point: no sign, exponent, blank or name of a number.
    private static func duration(_ text: String) -> Duration? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), (1...18).contains(text.utf8.count),
            parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isDigit) }), let seconds = Double(text)
        else { return nil }
        return .seconds(min(seconds, 1e6))
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
