import Testing

@testable import DetectionService

struct NpyTests {
    /// A file with a header as NumPy writes it, or nearly.
    static func file(
        _ header: String, version: UInt8 = 1, values: Int = 6, length: Int? = nil
    ) -> [UInt8] {
        let length = length ?? header.utf8.count
        var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [version, 0]
        for index in 0..<(version == 1 ? 2 : 4) {
            bytes.append(UInt8(truncatingIfNeeded: length >> (8 * index)))
        }
        return bytes + Array(header.utf8) + [UInt8](repeating: 0, count: values * 4)
    }

    @Test(arguments: [[6], [2, 3], [1, 3, 2, 1], [0, 5], [], [1, 1, 1, 1, 1, 6]])
    func `what is written is read again`(shape: [Int]) throws {
        let count = shape.reduce(1, *)
        let array = Npy(shape: shape, values: (0..<count).map { Float($0) * 0.1 - 3 })
        #expect(try Npy(array.bytes) == array)
        #expect((array.bytes.count - 4 * count).isMultiple(of: 64))
    }

    @Test func `the bytes are NumPy's own`() {
        // numpy.save of numpy.array([[1.5, -2]], "<f4")
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }"
        let bytes =
            [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8)
            + [UInt8](repeating: 0x20, count: 117 - header.utf8.count) + [0x0A]
            + [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0]
        #expect(Npy(shape: [1, 2], values: [1.5, -2]).bytes == bytes)
    }

    @Test(arguments: [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n",
        "{'shape': (2, 3), 'fortran_order': False, 'descr': '<f4'}",
        "{\"descr\":\"<f4\",\"fortran_order\":False,\"shape\":(2,3,)}   ",
    ])
    func `a header may be written in other ways`(header: String) throws {
        for version: UInt8 in 1...3 {
            #expect(try Npy(Self.file(header, version: version)).shape == [2, 3])
        }
    }

    @Test(arguments: [
        ("", NpyError.header("'{' is missing")),
        ("{}", .header("no 'descr'")),
        ("{'descr': '<f4'}", .header("no 'fortran_order'")),
        ("{'descr': '<f4', 'fortran_order': False}", .header("no 'shape'")),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (6,)}", .elementType("<f8")),
        ("{'descr': '>f4', 'fortran_order': False, 'shape': (6,)}", .elementType(">f4")),
        ("{'descr': [('a', '<f4')], 'fortran_order': False}", .elementType("a structure")),
        ("{'descr': '<f4', 'fortran_order': True, 'shape': (6,)}", .fortranOrder),
        ("{'descr': '<f4', 'fortran_order': 1, 'shape': (6,)}", .header("'False' is missing")),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': 6}", .header("'(' is missing")),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-6,)}",
            .header("a dimension that is no number")
        ),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
            .header("a dimension that is no number")
        ),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999999, 9999999999999)}",
            .header("a shape too large to count")
        ),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (7,)}",
            .count(expected: 28, found: 24)
        ),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (5,)}",
            .count(expected: 20, found: 24)
        ),
        ("{'descr': '<f4", .header("an open quote")),
        ("{'what': '<f4'}", .header("an entry 'what'")),
        ("{'descr' '<f4'}", .header("':' is missing")),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': ("
                + String(repeating: "1,", count: 33) + ")}", .header("too many dimensions")
        ),
    ])
    func `a header that will not do is refused, with the reason`(
        header: String, error: NpyError
    ) {
        #expect(throws: error) { try Npy(Self.file(header)) }
    }

    @Test func `other files and other versions are refused`() {
        #expect(throws: NpyError.notNpy) { try Npy([]) }
        #expect(throws: NpyError.notNpy) { try Npy(Array("PK\u{3}\u{4}".utf8)) }
        #expect(throws: NpyError.version(4)) { try Npy(Self.file("{}", version: 4)) }
        #expect(throws: NpyError.header("it ends early")) {
            try Npy(Self.file("{}", values: 0, length: 3))
        }
        #expect(throws: NpyError.header("65537 bytes long")) {
            try Npy(Self.file("{}", version: 2, length: 65_537))
        }
    }

    @Test func `a file cut at any byte is refused`() {
        let whole = Npy(shape: [2, 1], values: [1, 2]).bytes
        for count in whole.indices {
            #expect(throws: NpyError.self) { try Npy(Array(whole.prefix(count))) }
        }
    }
}
