internal import HTTPServer

extension Duration {
    /// Whole microseconds.
    var microseconds: Int {
        let parts = components
        return Int(parts.seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000)
    }

    /// Milliseconds, to the microsecond.
    var milliseconds: Double { Double(microseconds) / 1000 }
}

extension [UInt8] {
    /// Appends milliseconds, to the microsecond: the shortest decimal with a point, such as `3.0` and `0.085`.
    mutating func append(milliseconds time: Duration) {
        let microseconds = time.microseconds
        if microseconds < 0 { append(UInt8(ascii: "-")) }
        let (whole, part) = microseconds.magnitude.quotientAndRemainder(dividingBy: 1000)
        append(decimal: Int(whole))
        append(UInt8(ascii: "."))
        var (unit, rest): (UInt, UInt) = (100, part)
        repeat {
            append(UInt8(ascii: "0") + UInt8(rest / unit))
            rest %= unit
            unit /= 10
        } while rest > 0
    }
}
