import Testing

@testable import Checkpoints

struct JSONTests {
    @Test(arguments: [
        ("null", "null"), (" [ ] ", "[]"), ("{}", "{}"), ("-0", "0"), ("12", "12"), ("1.0", "1.0"),
        ("1e2", "100.0"), ("-1.5E-3", "-0.0015"), ("0.1", "0.1"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "9.223372036854776e+18"),
        ("[1,[2,{\"b\":true,\"a\":false}]]", "[1,[2,{\"b\":true,\"a\":false}]]"),
        (#""\u00e9\ud83d\ude00\n\"\\\/\t\u0001""#, "\"é😀\\n\\\"\\\\/\\u0009\\u0001\""),
    ])
    func `a value is written as it was read`(text: String, written: String) throws {
        #expect(try JSONParser.parse(text, name: "test").text == written)
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "+1", "01", "-", "-01", "1.", ".5", "1.e5", "1e", "1e999", "--1",
        "1 2", "[1,]", "[1",
        "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\":1", "\"", "\"\\x\"", "\"\\u12\"",
        "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\nb\"", "NaN", "Infinity", "'a'",
        "{\"a\":1,\"a\":2}",
        "1234567890123456789012345678901234567890123456789012345678901234567890e",
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(throws: CheckpointError.self) { _ = try JSONParser.parse(text, name: "test") }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        let bytes: [UInt8] = [0x22, 0xC3, 0x28, 0x22]
        #expect(throws: CheckpointError.self) {
            var parser = JSONParser(bytes.span, name: "test")
            _ = try parser.parse()
        }
    }

    @Test func `depth is limited`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSONParser.parse(nested(Limits.jsonDepth), name: "test")
        #expect(throws: CheckpointError.self) {
            _ = try JSONParser.parse(nested(Limits.jsonDepth + 2), name: "test")
        }
        #expect(throws: CheckpointError.self) {
            _ = try JSONParser.parse(nested(100_000), name: "test")
        }
    }

    @Test func `an error names the byte`() {
        #expect {
            _ = try JSONParser.parse("[1, x]", name: "names")
        } throws: { "\($0)".hasPrefix("names at byte 4: ") }
    }
}
