/// What a request is called in its answer and in the log.
///
/// A client may bring its own in `X-Request-Id`, so that both sides' logs can be joined; one that is
/// too long or holds other characters than letters, digits and `-._~+/=:` is replaced, for it
/// would stand in headers and logs.
enum RequestID {
    static let charactersMax = 128

    /// The client's own, if it may be used, or a new one.
    static func make(asked: String?) -> String {
        guard let asked, isUsable(asked) else { return make() }
        return asked
    }

    /// A new one: 128 random bits.
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()  // a system call for each number
        var digits: [UInt8] = []
        digits.reserveCapacity(32)
        for _ in 0..<2 {
            let number = generator.next() as UInt64
            for place in stride(from: 60, through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: number >> UInt64(place)) & 15
                digits.append(digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }

    private static func isUsable(_ id: String) -> Bool {
        (1...charactersMax).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-._~+/=:".utf8.contains(byte)
                }
            }
    }
}
