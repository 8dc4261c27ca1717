import Foundation

/// An array of a `.npy` file, its numbers as Double; a file may hold several, one behind the other.
struct Npy {
    let shape: [Int]
    let elements: [Double]

    struct Unreadable: Error {
        let reason: String
    }

    /// The arrays of a golden of this target, by the name without `.npy`.
    static func golden(_ name: String) throws -> [Npy] {
        // scripts/parity names a folder of fresh ones.
        let fresh = ProcessInfo.processInfo.environment["DYNADETECT_FRESH_GOLDENS"]
        let folder =
            fresh.map { URL(filePath: $0) } ?? Bundle.module.bundleURL.appending(path: "Goldens")
        return try arrays(in: [UInt8](Data(contentsOf: folder.appending(path: "\(name).npy"))))
    }

    /// All arrays of a file: little-endian float32, float64 and int64 in C order.
    static func arrays(in bytes: [UInt8]) throws -> [Npy] {
        var arrays: [Npy] = []
        var rest = bytes[...]
        while !rest.isEmpty { arrays.append(try Npy(&rest)) }
        return arrays
    }

    /// Takes the first array off the bytes.
    private init(_ bytes: inout ArraySlice<UInt8>) throws {
        func take(_ count: Int) throws -> ArraySlice<UInt8> {
            guard bytes.count >= count else { throw Unreadable(reason: "the file ends early") }
            defer { bytes = bytes.dropFirst(count) }
            return bytes.prefix(count)
        }
        func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
            bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        guard try take(8).elementsEqual([0x93] + "NUMPY".utf8 + [1, 0]) else {
            throw Unreadable(reason: "not version 1 of .npy")
        }
        let header = String(decoding: try take(Int(number(take(2)))), as: UTF8.self)
        guard header.contains("'fortran_order': False"),
            let type = header.firstMatch(of: /'descr': '(<[fi][48])'/)?.1,
            let sides = header.firstMatch(of: /'shape': \(([0-9, ]*)\)/)?.1
        else { throw Unreadable(reason: "not understood: \(header)") }
        shape = sides.split(separator: ",").compactMap {
            Int($0.trimmingCharacters(in: .whitespaces))
        }
        let size = type.hasSuffix("8") ? 8 : 4
        let data = try take(shape.reduce(size, *))
        elements = try stride(from: data.startIndex, to: data.endIndex, by: size).map { start in
            let bits = number(data[start..<start + size])
            return switch type {
            case "<f4": Double(Float(bitPattern: UInt32(bits)))
            case "<f8": Double(bitPattern: bits)
            case "<i8": Double(Int64(bitPattern: bits))
            default: throw Unreadable(reason: "numbers of type \(type)")
            }
        }
    }

    /// The numbers as Float, which they are exactly where the file holds float32.
    var floats: [Float] { elements.map { Float($0) } }
}
