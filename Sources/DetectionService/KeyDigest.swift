internal import COpenSSL

/// The SHA-256 hash of a key (FIPS 180-4, by OpenSSL).
struct KeyDigest: Sendable, Equatable {
    private let bytes: [UInt8]

    private static let count = 32

    /// Hashes a key.
    init(of key: String) {
        let key = Array(key.utf8)
        var bytes = [UInt8](repeating: 0, count: Self.count)
        // Reads `key.count` bytes and writes the 32 of the hash; both live for the call.
        let isDone = unsafe key.withUnsafeBytes { key in
            unsafe bytes.withUnsafeMutableBufferPointer { hash in
                unsafe EVP_Digest(
                    key.baseAddress, key.count, hash.baseAddress, nil, EVP_sha256(), nil)
            }
        }
        precondition(isDone == 1, "OpenSSL has SHA-256")
        self.bytes = bytes
    }

    /// Reads 64 hexadecimal digits.
    init?(text: String) {
        let digits = text.utf8.map(Self.digit)
        guard digits.count == 2 * Self.count else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    /// As 64 hexadecimal digits.
    var text: String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// Whether they are the same, in a time that does not depend on where they differ.
    func equals(_ other: KeyDigest) -> Bool {
        var difference: UInt8 = 0
        for index in bytes.indices { difference |= bytes[index] ^ other.bytes[index] }
        return difference == 0
    }

    /// The value of a hexadecimal digit; nil for any other character.
    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
