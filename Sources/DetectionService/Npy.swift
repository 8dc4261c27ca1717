/// An array of float32 as NumPy's `.npy` holds it: little-endian, row-major.
///
/// Reads format versions 1 to 3 of `numpy.lib.format`; writes version 1.
struct Npy: Sendable, Equatable {
    let shape: [Int]
    /// As many as the shape's product.
    let values: [Float]

    init(shape: [Int], values: [Float]) {
        precondition(shape.reduce(1, *) == values.count)
        self.shape = shape
        self.values = values
    }
}

/// Why bytes are no array we take.
enum NpyError: Error, Equatable {
    /// It does not begin with `\x93NUMPY`.
    case notNpy
    case version(Int)
    case header(String)
    /// Another element type, such as `<f8`.
    case elementType(String)
    /// Column-major.
    case fortranOrder
    /// The bytes behind the header are not those of the shape.
    case count(expected: Int, found: Int)

    /// In words, to stand behind the file's name.
    var words: String {
        switch self {
        case .notNpy: "is no .npy file"
        case .version(let major): "is of .npy version \(major); 1 to 3 are read"
        case .header(let reason): "has a header that cannot be read: \(reason)"
        case .elementType(let name): "holds '\(name)'; float32 is needed ('<f4')"
        case .fortranOrder: "is in Fortran order; save it with numpy.ascontiguousarray"
        case .count(let expected, let found):
            "holds \(found) bytes of values where its shape needs \(expected)"
        }
    }
}

extension Npy {
    private static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]  // \x93NUMPY
    private static let headerBytesMax = 65_536

    /// Reads a whole file.
    init(_ bytes: [UInt8]) throws(NpyError) {
        guard bytes.starts(with: Self.magic) else { throw .notNpy }
        guard bytes.count >= 10 else { throw .header("it ends early") }
        let major = Int(bytes[6])
        guard (1...3).contains(major) else { throw .version(major) }
        let lengthBytes = major == 1 ? 2 : 4
        let start = 8 + lengthBytes
        guard bytes.count >= start else { throw .header("it ends early") }
        let length = (0..<lengthBytes).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
        guard length <= Self.headerBytesMax else { throw .header("\(length) bytes long") }
        guard bytes.count - start >= length else { throw .header("it ends early") }

        var parser = HeaderParser(bytes[start..<start + length])
        let header = try parser.header()
        guard header.elementType == "<f4" else { throw .elementType(header.elementType) }
        guard !header.isFortranOrder else { throw .fortranOrder }

        var expected = 4
        for dimension in header.shape {
            let (product, overflow) = expected.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw .header("a shape too large to count") }
            expected = product
        }
        let found = bytes.count - start - length
        guard found == expected else { throw .count(expected: expected, found: found) }

        shape = header.shape
        values = Self.floats(bytes.span.extracting((start + length)...))
    }

    private static func floats(_ bytes: Span<UInt8>) -> [Float] {
        [Float](capacity: bytes.count / 4) { values in
            for at in stride(from: 0, to: bytes.count, by: 4) {
                let bits =
                    UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16
                    | UInt32(bytes[at + 3]) << 24
                values.append(Float(bitPattern: bits))
            }
        }
    }

    /// The file: values begin at a multiple of 64 bytes.
    var bytes: [UInt8] {
        let dimensions =
            shape.count == 1 ? "\(shape[0])," : shape.map(String.init).joined(separator: ", ")
        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(dimensions)), }"
        header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
        var bytes = Self.magic + [1, 0]
        bytes += [UInt8(header.utf8.count & 0xFF), UInt8(header.utf8.count >> 8)]
        bytes += header.utf8
        bytes.reserveCapacity(bytes.count + 4 * values.count)
        for value in values {
            let bits = value.bitPattern
            bytes.append(UInt8(truncatingIfNeeded: bits))
            bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
            bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
            bytes.append(UInt8(truncatingIfNeeded: bits >> 24))
        }
        return bytes
    }
}

/// The header: a Python dictionary of three entries, in any order.
private struct HeaderParser {
    struct Header {
        let elementType: String
        let isFortranOrder: Bool
        let shape: [Int]
    }
    private var rest: ArraySlice<UInt8>
    private static let dimensionsMax = 32

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func header() throws(NpyError) -> Header {
        var elementType: String?
        var isFortranOrder: Bool?
        var shape: [Int]?
        try expect("{")
        while !skip("}") {
            let key = try quoted()
            try expect(":")
            switch key {
            case "descr": elementType = try quoted()
            case "fortran_order": isFortranOrder = try boolean()
            case "shape": shape = try tuple()
            default: throw .header("an entry '\(key)'")
            }
            if !skip(",") {
                try expect("}")
                break
            }
        }
        guard let elementType else { throw .header("no 'descr'") }
        guard let isFortranOrder else { throw .header("no 'fortran_order'") }
        guard let shape else { throw .header("no 'shape'") }
        return Header(elementType: elementType, isFortranOrder: isFortranOrder, shape: shape)
    }

    private mutating func skipSpace() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x0A }
    }

    private mutating func skip(_ text: String) -> Bool {
        skipSpace()
        guard rest.starts(with: text.utf8) else { return false }
        rest = rest.dropFirst(text.utf8.count)
        return true
    }

    private mutating func expect(_ text: String) throws(NpyError) {
        guard skip(text) else { throw .header("'\(text)' is missing") }
    }

    private mutating func quoted() throws(NpyError) -> String {
        // A structured type is a list, not a word.
        if skip("[") { throw .elementType("a structure") }
        let quote = skip("\"") ? UInt8(ascii: "\"") : UInt8(ascii: "'")
        if quote == UInt8(ascii: "'") { try expect("'") }
        guard let end = rest.firstIndex(of: quote) else { throw .header("an open quote") }
        defer { rest = rest[(end + 1)...] }
        return String(decoding: rest[..<end].prefix(64), as: UTF8.self)
    }

    private mutating func boolean() throws(NpyError) -> Bool {
        if skip("True") { return true }
        try expect("False")
        return false
    }

    private mutating func tuple() throws(NpyError) -> [Int] {
        var values: [Int] = []
        try expect("(")
        while !skip(")") {
            skipSpace()
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
                throw .header("a dimension that is no number")
            }
            guard values.count < Self.dimensionsMax else { throw .header("too many dimensions") }
            values.append(value)
            rest = rest.dropFirst(digits.count)
            if !skip(",") {
                try expect(")")
                break
            }
        }
        return values
    }
}
