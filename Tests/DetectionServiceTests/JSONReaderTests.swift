import Testing

@testable import DetectionService

struct JSONReaderTests {
    private func root(_ text: String) throws -> JSONValue {
        try JSONDocument(Array(text.utf8)).root
    }

    private func texts(_ text: String) throws -> [String?] {
        let document = try JSONDocument(Array(text.utf8))
        guard case .array(let elements) = document.root else { return [] }
        return elements.map { element in
            if case .string(let string) = element { document.text(string) } else { nil }
        }
    }

    @Test func `values of every kind are read in their order`() throws {
        let value = try root(
            " {\"b\" : [1, -2.5e1, true],\n\"a\":{\"x\":null}, \"c\":[ ], \"d\":{}} ")
        #expect(
            value
                == .object([
                    JSONMember(name: "b", value: .array([.number(1), .number(-25), .bool(true)])),
                    JSONMember(name: "a", value: .object([JSONMember(name: "x", value: .null)])),
                    JSONMember(name: "c", value: .array([])),
                    JSONMember(name: "d", value: .object([])),
                ]))
    }

    @Test func `escapes become what they stand for`() throws {
        let text = #"["a\/\\\"\b\f\n\r\t", "\u00e9\u20AC", "\ud83d\ude00", "é😀", ""]"#
        #expect(
            try texts(text) == ["a/\\\"\u{8}\u{C}\n\r\t", "é€", "😀", "é😀", ""])
    }

    @Test(arguments: [
        ("", 0), ("  ", 2), ("{", 1), ("[1", 2), ("[1,]", 3), ("{\"a\":1,}", 7), ("{\"a\" 1}", 5),
        ("{\"a\":1,\"a\":2}", 7), ("{\"a\":1,\"\\u0061\":2}", 7), ("{a:1}", 1), ("nul", 0),
        ("truely", 4), ("01", 1), ("1.", 2), ("-", 1), ("1e", 2), ("+1", 0), (".5", 0), ("NaN", 0),
        ("\"abc", 4), ("\"a\nb\"", 2), ("\"\\x\"", 2), ("\"\\u12\"", 2), ("\"\\ud83d\"", 7),
        ("\"\\ude00\"", 7), ("\"\\ud83d\\u0061\"", 7), ("\"\\", 2), ("\"\\u", 2), ("[1] 2", 4),
        ("\u{FEFF}{}", 0),
    ])
    func `a text that is no JSON is refused where it breaks`(text: String, offset: Int) {
        #expect { try root(text) } throws: { ($0 as? JSONError)?.offset == offset }
    }

    @Test func `depth, number of values and length of numbers are bounded`() {
        let deep = JSONDocument.depthMax
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try root(nested(deep)) }
        #expect(throws: JSONError.self) { try root(nested(deep + 1)) }
        #expect(throws: JSONError.self) { try root(nested(100_000)) }
        func list(_ count: Int) -> String {
            "[" + Array(repeating: "1", count: count).joined(separator: ",") + "]"
        }
        #expect(throws: Never.self) { try root(list(JSONDocument.valuesMax - 1)) }
        #expect(throws: JSONError.self) { try root(list(JSONDocument.valuesMax)) }
        #expect(throws: JSONError.self) { try root(String(repeating: "1", count: 65)) }
    }

    @Test func `text that is no UTF-8 is no text`() throws {
        let document = try JSONDocument([0x22, 0xFF, 0x22])
        guard case .string(let string) = document.root else {
            throw JSONError(offset: 0, reason: "")
        }
        #expect(document.text(string) == nil)
        #expect(throws: JSONError.self) {
            try JSONDocument(Array("{\"".utf8) + [0xC3, 0x22, 0x3A])
        }
    }

    @Test func `bytes turned in a good text never do worse than be refused`() {
        let good = Array(
            #"{"image":"aGk\u003d","conf":0.5,"classes":["qr",1],"x":{"y":null}}"#.utf8)
        var generator = SeededGenerator(seed: 7)
        var refused = 0
        for _ in 0..<2000 {
            var bytes = good
            for _ in 0...Int.random(in: 0..<3, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(
                    in: .min ... .max, using: &generator)
            }
            bytes.removeLast(Int.random(in: 0...3, using: &generator))
            do { _ = try DetectBody.read(bytes, as: .json, picturesMax: 1) } catch { refused += 1 }
        }
        #expect(refused > 1000)
    }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
