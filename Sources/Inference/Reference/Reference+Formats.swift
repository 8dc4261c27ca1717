extension Reference {
    /// What a number becomes by being stored: rounded to the nearest, ties to even; bytes end at 0 and
    /// 255, where NaN is 0.
    package static func rounded(_ x: Double, to format: Format) -> Double {
        let scale = Double(format.scale)
        switch format.element {
        case .float: return Double(Float(x))
        case .bfloat16: return Double(bfloat16(Float(x / scale))) * scale
        case .byte: return (byte(Float(x), format) - Double(format.zero)) * scale
        }
    }

    /// The nearest bfloat16: 8 bits of significand.
    package static func bfloat16(_ x: Float) -> Float {
        let bits = x.bitPattern
        if x.isNaN { return Float(bitPattern: ((bits >> 16) << 16) | 0x40_0000) }
        return Float(bitPattern: ((bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16) << 16)
    }

    /// The stored byte of a number.
    package static func byte(_ x: Float, _ format: Format) -> Double {
        let q = Double(x) * Double(1 / format.scale) + Double(format.zero)
        return q > 0 ? min(Double(Float(q)), 255).rounded(.toNearestOrEven) : 0
    }

    /// Weights of one output channel in signed bytes, and what one of them stands for: the largest
    /// becomes ±127.
    package static func quantized(_ weights: [Double]) -> (bytes: [Double], scale: Double) {
        let largest = weights.reduce(0) { max($0, abs($1)) }
        guard largest > 0 else { return (weights, 1) }
        return (
            weights.map { ($0 * 127 / largest).rounded(.toNearestOrEven) }, largest / 127
        )
    }
}
