@testable import DetectionService

/// Any bytes as the JSON of a request: what is read of them, written plainly, reads as the same again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // libFuzzer lends `count` bytes until this returns; they are copied here.
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    _ = try? DetectBody.read(input, as: .json, picturesMax: 2)
    guard let document = try? JSONDocument(input) else { return 0 }
    var writer = PlainWriter(document: document)
    writer.write(document.root, depth: 1)
    precondition(writer.values <= JSONDocument.valuesMax)

    guard let again = try? JSONDocument(writer.text) else { fatalError("it does not read again") }
    var second = PlainWriter(document: again)
    second.write(again.root, depth: 1)
    precondition(second.text == writer.text)
    return 0
}

/// Writes values without blanks, and strings with no escape that they do not need.
private struct PlainWriter {
    let document: JSONDocument
    var text: [UInt8] = []
    var values = 0

    mutating func write(_ value: JSONValue, depth: Int) {
        precondition(depth <= JSONDocument.depthMax)
        values += 1
        switch value {
        case .null: text += "null".utf8
        case .bool(let flag): text += "\(flag)".utf8
        // One too large is infinite, which JSON has no word for.
        case .number(let number): text += "\(number.isFinite ? number : 0)".utf8
        case .string(let string): write(document.content(string))
        case .array(let elements):
            list("[", elements, "]") { $0.write($1, depth: depth + 1) }
        case .object(let members):
            precondition(Set(members.map(\.name)).count == members.count)
            list("{", members, "}") {
                $0.write(Array($1.name.utf8))
                $0.text += ":".utf8
                $0.write($1.value, depth: depth + 1)
            }
        }
    }

    private mutating func list<Item>(
        _ begin: String, _ items: [Item], _ end: String, _ write: (inout PlainWriter, Item) -> Void
    ) {
        text += begin.utf8
        for (index, item) in items.enumerated() {
            if index > 0 { text += ",".utf8 }
            write(&self, item)
        }
        text += end.utf8
    }

    private mutating func write(_ content: [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for byte in content {
            switch byte {
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                text += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }
}
