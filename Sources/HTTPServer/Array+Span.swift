extension [UInt8] {
    /// Appends a copy of the bytes lent.
    package mutating func append(copying bytes: Span<UInt8>) {
        // The pointer lives as long as the closure, and append only reads from it.
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    /// Appends the bytes of a text.
    package mutating func append(_ text: String) { append(copying: text.utf8Span.span) }

    /// Appends a number's digits.
    package mutating func append(decimal number: Int) {
        if number < 0 { append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        var place: UInt = 1
        while rest / place >= 10 { place *= 10 }
        while place > 0 {
            append(UInt8(ascii: "0") + UInt8(rest / place))
            rest %= place
            place /= 10
        }
    }
}
