/// Reads little-endian values in turn; every read is checked against the end.
struct ByteReader {
    let bytes: FileBytes
    /// The next byte, counted from the start of the file.
    private(set) var position: Int
    let end: Int
    /// What is being read, for errors.
    let name: String
    private let start: Int

    /// Reads a part of a file; a range beyond the end is cut there.
    init(_ bytes: FileBytes, _ range: Range<Int>, name: String) {
        self.bytes = bytes
        self.name = name
        start = min(max(range.lowerBound, 0), bytes.count)
        position = start
        end = min(max(range.upperBound, start), bytes.count)
    }

    var remaining: Int { end - position }

    /// The next byte, counted from the start of the part.
    var offset: Int { position - start }

    /// Where the next byte is, in words.
    var place: String { "\(name) at byte \(offset)" }

    mutating func skip(_ count: Int) throws(CheckpointError) {
        guard count >= 0, count <= remaining else { throw truncated }
        position += count
    }

    mutating func integer<Bits: FixedWidthInteger & BitwiseCopyable>(
        _ type: Bits.Type
    ) throws(CheckpointError) -> Bits {
        guard remaining >= MemoryLayout<Bits>.size else { throw truncated }
        let value = bytes.load(at: position, as: type)
        position += MemoryLayout<Bits>.size
        return value
    }

    mutating func byte() throws(CheckpointError) -> UInt8 { try integer(UInt8.self) }

    mutating func array(_ count: Int) throws(CheckpointError) -> [UInt8] {
        let start = position
        try skip(count)
        let span = bytes.span
        return (start..<position).map { span[$0] }
    }

    /// Text of so many bytes; what is not UTF-8 is replaced.
    mutating func text(_ count: Int) throws(CheckpointError) -> String {
        String(decoding: try array(count), as: UTF8.self)
    }

    /// Text up to a newline, which is passed over.
    mutating func line(max: Int) throws(CheckpointError) -> String {
        var line: [UInt8] = []
        while true {
            let next = try byte()
            if next == 0x0A { return String(decoding: line, as: UTF8.self) }
            guard line.count < max else {
                throw .limit(place: place, reason: "a name is longer than \(max) bytes")
            }
            line.append(next)
        }
    }

    private var truncated: CheckpointError {
        .malformed(place: place, reason: "ends too early: the file is truncated")
    }
}

extension Span where Element == UInt8 {
    /// Whether the first bytes are those of a text.
    func starts(with text: StaticString) -> Bool { starts(with: Array("\(text)".utf8)) }

    /// Whether the first bytes are these.
    func starts(with bytes: [UInt8]) -> Bool {
        count >= bytes.count && bytes.indices.allSatisfy { self[$0] == bytes[$0] }
    }
}
