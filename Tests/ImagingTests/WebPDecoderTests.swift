import Testing

@testable import Imaging

@Suite struct WebPDecoderTests {
    @Test func `a canvas that is not the picture's size is an error`() throws {
        var bytes = Goldens.picture("webp-orientation-1.webp")
        let isExtended = bytes.span.has("VP8X", at: 12)
        try #require(isExtended)
        bytes[24] &+= 1  // width of the canvas
        #expect { try bytes.decoded().size } throws: { error in
            guard case .corrupt? = error as? DecodeError else { return false }
            return true
        }
    }

    @Test func `an animation without frames is an error`() {
        let bytes = [UInt8].webpHeader(width: 5, height: 5, flags: 2)
        #expect(throws: DecodeError.corrupt("an animation without a first frame")) {
            try bytes.decoded().size
        }
    }

    static let broken: [(String, DecodeError)] = [
        ("VP8 ", .corrupt("no VP8 key frame")), ("VP8L", .corrupt("no VP8L picture")),
        ("ABCD", .corrupt("the first chunk is no picture")),
    ]

    @Test(arguments: broken)
    func `a broken header is refused from the header alone`(_ name: String, _ error: DecodeError) {
        let bytes =
            Array("RIFF".utf8) + .littleEndian(22) + Array("WEBP\(name)".utf8)
            + .littleEndian(10) + [UInt8](repeating: 0, count: 10)
        #expect(throws: error) { try bytes.probed() }
    }
}
