extension [UInt8] {
    /// Appends a copy of the bytes lent.
    package mutating func append(copying bytes: Span<UInt8>) {
        // The pointer lives as long as the closure, and append only reads from it.
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
