import CKernels

@testable import Inference

/// Noise from a seed (SplitMix64), for tests that must repeat.
struct KernelNoise {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    /// The next number, even in -1 ..< 1, a multiple of 2^-23.
    mutating func next() -> Float {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Float(Int64((z ^ (z >> 31)) >> 40) - (1 << 23)) / Float(1 << 23)
    }

    mutating func next(_ count: Int) -> [Float] { (0..<count).map { _ in next() } }

    /// A map of noise.
    mutating func map(_ channels: Int, _ height: Int, _ width: Int) -> Reference.FeatureMap {
        Reference.FeatureMap(
            channels: channels, height: height, width: width,
            elements: next(channels * height * width).map(Double.init))
    }
}

/// A value as the kernels keep it, and the way to and from plain maps.
struct KernelPlanes {
    /// What an output holds before a kernel runs: whoever reads or leaves it is found out.
    static let untouched: Float = -7777

    let shape: dd_planes
    var floats: [Float]

    /// Planes full of ``untouched``, halo too.
    init(channels: Int, height: Int, width: Int, halo: Int, lanes: Int = 16) {
        shape = dd_planes(
            blocks: Int32((channels + lanes - 1) / lanes), height: Int32(height),
            width: Int32(width), halo: Int32(halo), lanes: Int32(lanes))
        floats = Array(
            repeating: Self.untouched,
            count: Int(shape.blocks) * (height + 2 * halo) * (width + 2 * halo) * lanes)
    }

    /// The planes of a map, zeros in the halo.
    ///
    /// - spare: what the lanes beyond the channels hold.
    init(_ map: Reference.FeatureMap, halo: Int, lanes: Int = 16, spare: Float = 0) {
        self.init(
            channels: map.channels, height: map.height, width: map.width, halo: halo, lanes: lanes)
        for i in floats.indices { floats[i] = 0 }
        for c in 0..<Int(shape.blocks) * lanes {
            for y in 0..<map.height {
                for x in 0..<map.width {
                    floats[index(c, y, x)] = c < map.channels ? Float(map[c, y, x]) : spare
                }
            }
        }
    }

    /// Lends the floats to a kernel, with their shape.
    mutating func lend(_ kernel: (dd_planes, inout MutableSpan<Float>) -> Void) {
        let shape = shape
        var out = floats.mutableSpan
        kernel(shape, &out)
    }

    /// Where channel `c` of a pixel lies; the picture begins inside the halo.
    func index(_ c: Int, _ y: Int, _ x: Int) -> Int {
        let (halo, lanes) = (Int(shape.halo), Int(shape.lanes))
        let (rows, columns) = (Int(shape.height) + 2 * halo, Int(shape.width) + 2 * halo)
        return (((c / lanes) * rows + y + halo) * columns + x + halo) * lanes + c % lanes
    }

    /// The first channels as a plain map.
    func map(channels: Int) -> Reference.FeatureMap {
        Reference.FeatureMap(
            channels: channels, height: Int(shape.height), width: Int(shape.width)
        ) { Double(floats[index($0, $1, $2)]) }
    }

    /// The bits of every float: NaN equals itself, -0 is not 0.
    var bits: [UInt32] { floats.map(\.bitPattern) }

    /// The same planes with rows `rows` of `blocks` untouched: what is left must be as before.
    func erasing(blocks: Range<Int>, rows: Range<Int>) -> KernelPlanes {
        var erased = self
        for c in blocks.lowerBound * 16..<blocks.upperBound * 16 {
            for y in rows {
                for x in 0..<Int(shape.width) { erased.floats[index(c, y, x)] = Self.untouched }
            }
        }
        return erased
    }

    /// Whether no float was written.
    var isUntouched: Bool { floats.allSatisfy { $0 == Self.untouched } }
}

extension Reference.FeatureMap {
    /// The largest difference of two maps in units of the largest element of `expected`.
    func distance(to expected: Reference.FeatureMap) -> Double {
        guard (channels, height, width) == (expected.channels, expected.height, expected.width)
        else { return .infinity }
        let scale = expected.elements.reduce(0) { Swift.max($0, abs($1)) }
        let worst = zip(elements, expected.elements).reduce(0.0) { worst, pair in
            let difference = abs(pair.0 - pair.1)
            return difference.isNaN ? .infinity : Swift.max(worst, difference)
        }
        return worst == 0 ? 0 : worst / scale
    }
}
