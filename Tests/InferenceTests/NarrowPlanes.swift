import CKernels

@testable import Inference

/// A value as the narrow kernels keep it, and the way to and from plain maps.
struct NarrowPlanes {
    /// What every byte of an output holds before a kernel runs.
    static let untouched: UInt8 = 0xA5

    let format: Format
    let shape: dd_planes
    var bytes: [UInt8]

    /// Planes full of ``untouched``, halo too.
    init(
        _ format: Format, channels: Int, height: Int, width: Int, halo: Int = 1, lanes: Int = 16
    ) {
        self.format = format
        shape = dd_planes(
            blocks: Int32((channels + lanes - 1) / lanes), height: Int32(height),
            width: Int32(width), halo: Int32(halo), lanes: Int32(lanes))
        bytes = Array(
            repeating: Self.untouched,
            count: Int(shape.blocks) * (height + 2 * halo) * (width + 2 * halo) * lanes
                * format.element.size)
    }

    /// The planes of a map, each number rounded; zero in the halo and in the lanes beyond.
    init(_ format: Format, _ map: Reference.FeatureMap, halo: Int = 1, lanes: Int = 16) {
        self.init(
            format, channels: map.channels, height: map.height, width: map.width, halo: halo,
            lanes: lanes)
        for i in bytes.indices { bytes[i] = UInt8(format.zero) }
        for c in 0..<map.channels {
            for y in 0..<map.height {
                for x in 0..<map.width { self[c, y, x] = map[c, y, x] }
            }
        }
    }

    /// A shape and a format, as the kernels want them.
    var code: dd_narrow_planes { dd_narrow_planes(planes: shape, format: format.code) }

    /// Lends the bytes to a kernel, with their shape and format.
    mutating func lend(_ kernel: (dd_narrow_planes, inout MutableSpan<UInt8>) -> Void) {
        let code = code
        var out = bytes.mutableSpan
        kernel(code, &out)
    }

    /// What is stored for a channel of a pixel.
    subscript(c: Int, y: Int, x: Int) -> Double {
        get {
            let at = offset(c, y, x)
            switch format.element {
            case .byte: return Double(Int(bytes[at]) - format.zero) * Double(format.scale)
            case .bfloat16: return Double(Float(bitPattern: bits(at, 2) << 16) * format.scale)
            case .float: return Double(Float(bitPattern: bits(at, 4)))
            }
        }
        set {
            let at = offset(c, y, x)
            var bits: UInt32
            switch format.element {
            case .byte: bits = UInt32(Reference.byte(Float(newValue), format))
            case .bfloat16:
                bits = Reference.bfloat16(Float(newValue) / format.scale).bitPattern >> 16
            case .float: bits = Float(newValue).bitPattern
            }
            for i in 0..<format.element.size {
                bytes[at + i] = UInt8(truncatingIfNeeded: bits)
                bits >>= 8
            }
        }
    }

    private func bits(_ at: Int, _ count: Int) -> UInt32 {
        (0..<count).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) }
    }

    /// Where a channel of a pixel lies; the picture begins inside the halo.
    func offset(_ c: Int, _ y: Int, _ x: Int) -> Int {
        let (halo, lanes) = (Int(shape.halo), Int(shape.lanes))
        let (rows, columns) = (Int(shape.height) + 2 * halo, Int(shape.width) + 2 * halo)
        let pixel = ((c / lanes) * rows + y + halo) * columns + x + halo
        return (pixel * lanes + c % lanes) * format.element.size
    }

    /// The first channels as a plain map.
    func map(channels: Int) -> Reference.FeatureMap {
        Reference.FeatureMap(
            channels: channels, height: Int(shape.height), width: Int(shape.width)
        ) { self[$0, $1, $2] }
    }

    /// Whether all that lies outside rows `rows` of `blocks` is untouched.
    func isUntouched(outside blocks: Range<Int>, _ rows: Range<Int>) -> Bool {
        var erased = self
        for c in blocks.lowerBound * 16..<blocks.upperBound * 16 {
            for y in rows {
                for x in 0..<Int(shape.width) {
                    let at = offset(c, y, x)
                    for i in 0..<format.element.size { erased.bytes[at + i] = Self.untouched }
                }
            }
        }
        return erased.bytes.allSatisfy { $0 == Self.untouched }
    }
}

extension Reference.FeatureMap {
    /// Every element as the format stores it.
    func rounded(to format: Format) -> Reference.FeatureMap {
        var copy = self
        for i in copy.elements.indices {
            copy.elements[i] = Reference.rounded(copy.elements[i], to: format)
        }
        return copy
    }
}

extension Format {
    /// The formats of a layer's input that this CPU multiplies: bfloat16, and bytes with and without a
    /// zero point.
    static var narrow: [Format] {
        [.bfloat16, .bytes(for: -0.4...1), .bytes(for: 0...2)].filter(\.element.isAvailable)
    }
}
