import Foundation
import Testing

@testable import Imaging

/// What Tools/imaging_goldens.py wrote; see there for the files.
enum Goldens {
    /// A small picture and what OpenCV reads in it.
    struct PictureFile: Sendable, CustomTestStringConvertible {
        let name: String
        let size: PixelSize
        var testDescription: String { name }
        var bytes: [UInt8] { Goldens.bytes("pictures/\(name)") }
        var expected: [UInt8] {
            Goldens.bytes("pictures/\(name.split(separator: ".")[0]).rgb")
        }
    }

    static let pictures = lines("pictures.txt").map { fields in
        PictureFile(
            name: fields[0], size: PixelSize(width: number(fields[1]), height: number(fields[2])))
    }

    static func picture(_ name: String) -> [UInt8] { bytes("pictures/\(name)") }

    struct LetterboxCase: Sendable, CustomTestStringConvertible {
        let seed: Int
        let letterbox: Letterbox
        let target: PixelSize
        let left: Int
        let top: Int
        let resized: PixelSize
        let checksum: Int
        var testDescription: String { "\(letterbox)" }
    }

    static let letterboxes = lines("letterbox.txt").map { fields in
        let value = fields.map { Int($0) ?? 0 }
        return LetterboxCase(
            seed: value[0], letterbox: letterbox(fields[1...4]),
            target: PixelSize(width: value[5], height: value[6]), left: value[7], top: value[8],
            resized: PixelSize(width: value[9], height: value[10]), checksum: value[11])
    }

    struct BoxCase: Sendable, CustomTestStringConvertible {
        let letterbox: Letterbox
        let box: Box
        let expected: Box
        var testDescription: String { "\(letterbox.source) \(box)" }
    }

    static let boxes = lines("boxes.txt").map { fields in
        let value = fields[4...].map { Float(bitPattern: UInt32($0) ?? 0) }
        return BoxCase(
            letterbox: letterbox(fields[0...3]),
            box: Box(x1: value[0], y1: value[1], x2: value[2], y2: value[3]),
            expected: Box(x1: value[4], y1: value[5], x2: value[6], y2: value[7]))
    }

    private static func letterbox(_ fields: ArraySlice<String>) -> Letterbox {
        let fields = Array(fields)
        return Letterbox(
            source: PixelSize(width: number(fields[0]), height: number(fields[1])),
            imageSize: number(fields[2]), stride: 32, shape: fields[3] == "rect" ? .rect : .square)
    }

    private static func number(_ text: String) -> Int { Int(text) ?? 0 }

    private static func lines(_ name: String) -> [[String]] {
        String(decoding: bytes(name), as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: " ").map(String.init)
        }
    }

    private static func bytes(_ name: String) -> [UInt8] {
        // scripts/parity names a folder of fresh ones.
        let fresh = ProcessInfo.processInfo.environment["DYNADETECT_FRESH_GOLDENS"]
        let folder =
            fresh.map { URL(filePath: $0) } ?? Bundle.module.bundleURL.appending(path: "Goldens")
        return (try? Data(contentsOf: folder.appending(path: name))).map { [UInt8]($0) } ?? []
    }
}
