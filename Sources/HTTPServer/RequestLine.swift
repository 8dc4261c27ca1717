/// `METHOD SP target SP HTTP/1.x` (RFC 9112 §3).
struct RequestLine: Equatable {
    let method: String
    let target: RequestTarget
    let minorVersion: Int

    /// Reads a line, without its CR LF.
    init(_ line: Span<UInt8>, limits: Limits) throws(Refusal) {
        // RFC 9112 §3: exactly one space on each side of the target.
        guard let first = line.first(.space, in: line.indices),
            let second = line.first(.space, in: first + 1..<line.count),
            line.first(.space, in: second + 1..<line.count) == nil
        else {
            throw .malformed("The request line is not 'METHOD target HTTP/1.1', one space each.")
        }
        let method = line.extracting(0..<first)
        // RFC 9110 §9.1: a method is a token.
        guard !method.isEmpty, method.allSatisfy(\.isToken) else {
            throw .malformed("The method is empty or holds a byte that no method may hold.")
        }
        // RFC 9112 §3: a method longer than any that is known.
        guard method.count <= limits.methodBytesMax else {
            throw .notImplemented("method_unsupported", "The method is longer than any known one.")
        }
        minorVersion = try Self.minorVersion(line.extracting(second + 1..<line.count))
        let target = line.extracting(first + 1..<second)
        // RFC 9112 §3: a target longer than the server is willing to read.
        guard target.count <= limits.targetBytesMax else {
            throw .targetTooLong(bytesMax: limits.targetBytesMax)
        }
        self.method = String(text: method)
        // RFC 9112 §3.2.3: CONNECT makes a tunnel, which this server is not.
        guard self.method != "CONNECT" else {
            throw .notImplemented("method_unsupported", "CONNECT is not offered: this is no proxy.")
        }
        self.target = try RequestTarget(target, method: self.method)
    }

    /// RFC 9112 §2.3: `HTTP/` and one digit on each side of the point, in capitals.
    private static func minorVersion(_ version: Span<UInt8>) throws(Refusal) -> Int {
        guard version.count == 8, version.extracting(0..<5).isExactly("HTTP/"),
            version[5].isDigit, version[6] == UInt8(ascii: "."), version[7].isDigit
        else {
            throw .malformed("The version is not written as 'HTTP/1.1' or 'HTTP/1.0'.")
        }
        // RFC 9110 §15.6.6: another major version.
        guard version[5] == UInt8(ascii: "1") else { throw .version }
        // RFC 9110 §2.5: a higher minor version is answered as the highest known one.
        return version[7] == UInt8(ascii: "0") ? 0 : 1
    }
}
