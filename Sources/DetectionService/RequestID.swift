internal import Synchronization

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

    /// A new one: two numbers of a sequence of 64 bits that begins anywhere, so that no two of a process are the same,
    /// and those of two hardly ever.
    ///
    /// Others can be reckoned from one, so it is no secret; random numbers would cost calls of the system's for each
    /// request.
    static func make() -> String { Hex.text(of: next(), next()) }

    /// Where this process's sequence has come.
    private static let state = Atomic(UInt64.random(in: .min ... .max))

    /// The next of a sequence that goes through all numbers of 64 bits (SplitMix64; Steele, Lea and Flood 2014).
    private static func next() -> UInt64 {
        var number = state.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        number = (number ^ (number >> 30)) &* 0xBF58_476D_1CE4_E5B9
        number = (number ^ (number >> 27)) &* 0x94D0_49BB_1331_11EB
        return number ^ (number >> 31)
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
