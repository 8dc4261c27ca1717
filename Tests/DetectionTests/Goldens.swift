import Foundation
import Testing

/// The files beside the tests.
enum Goldens {
    static func path(_ name: String) throws -> String {
        let url = Bundle.module.url(forResource: "Goldens", withExtension: nil)
        return try #require(url).appending(path: name).path
    }

    static func data(_ name: String) throws -> Data {
        try Data(contentsOf: URL(filePath: path(name)))
    }

    /// The numbers of a `.npy` of bytes or float64, in row-major order.
    static func array(_ name: String) throws -> (values: [Double], shape: [Int]) {
        let bytes = [UInt8](try data(name))
        let headerCount = Int(bytes[8]) | Int(bytes[9]) << 8  // version 1: a length of two bytes
        let header = String(decoding: bytes[10..<10 + headerCount], as: UTF8.self)
        let body = bytes[(10 + headerCount)...]
        let inner = try #require(header.split(separator: "(").last?.split(separator: ")").first)
        let shape = inner.split(separator: ",").compactMap {
            Int($0.trimmingCharacters(in: .whitespaces))
        }
        if header.contains("|u1") { return (body.map { Double($0) }, shape) }
        try #require(header.contains("<f8"))
        var values: [Double] = []
        var pattern: UInt64 = 0
        for (index, byte) in body.enumerated() {
            pattern |= UInt64(byte) << (8 * UInt64(index % 8))
            guard index % 8 == 7 else { continue }
            values.append(Double(bitPattern: pattern))
            pattern = 0
        }
        return (values, shape)
    }
}
