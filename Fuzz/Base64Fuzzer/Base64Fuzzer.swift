@testable import DetectionService

/// Any bytes as base64: what is taken has as many bytes as its digits say, and they are those that the digits spell.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // libFuzzer lends `count` bytes until this returns; they are copied here.
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    // Somewhere inside a larger text, as in a request.
    let text = [0x22] + input + [0x22]
    guard let decoded = try? Base64.decode(text[1..<text.count - 1]) else { return 0 }
    let digits = input.filter { !" \t\r\n=".utf8.contains($0) }.map(plain)
    let spelt = encoded(decoded)
    precondition(spelt.count == digits.count)
    // The last digit may hold bits that no byte has room for.
    precondition(spelt.dropLast() == digits.dropLast())
    precondition((try? Base64.decode(spelt[...])) == decoded)
    return 0
}

private let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

/// The letter of RFC 4648 §4 for one of §5.
private func plain(_ digit: UInt8) -> UInt8 {
    switch digit {
    case UInt8(ascii: "-"): UInt8(ascii: "+")
    case UInt8(ascii: "_"): UInt8(ascii: "/")
    default: digit
    }
}

/// RFC 4648 §4, without padding.
private func encoded(_ bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        var bits = group.reduce(0) { $0 << 8 | Int($1) }
        bits <<= 8 * (3 - group.count)
        for place in 0...group.count { text.append(alphabet[bits >> (18 - 6 * place) & 63]) }
    }
    return text
}
