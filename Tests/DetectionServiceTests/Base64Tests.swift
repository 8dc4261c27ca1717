import FoundationEssentials
import Testing

@testable import DetectionService

struct Base64Tests {
    private func decode(_ text: String) throws -> [UInt8] {
        try Base64.decode(Array(text.utf8)[...])
    }

    @Test(arguments: [0, 1, 2, 3, 4, 5, 57, 1000])
    func `every length comes back, padded or not, broken into lines or not`(count: Int) throws {
        var generator = SeededGenerator(seed: UInt64(count))
        let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let text = Data(bytes).base64EncodedString()
        let bare = text.filter { $0 != "=" }
        let lines = Data(bytes).base64EncodedString(options: [
            .lineLength64Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
        let forAddresses = String(text.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
        for written in [text, bare, lines, forAddresses] { #expect(try decode(written) == bytes) }
    }

    @Test(arguments: [
        ("a", Base64Error.length), ("abcde", .length), ("ab=", .length),
        ("abc==", .character(offset: 4)),
        ("=", .character(offset: 0)), ("a=", .character(offset: 1)),
        ("ab==c", .character(offset: 4)),
        ("ab*d", .character(offset: 2)), ("abcd=", .character(offset: 4)),
        ("\0", .character(offset: 0)),
    ])
    func `what is no base64 is refused`(text: String, error: Base64Error) {
        #expect(throws: error) { try decode(text) }
    }
}
