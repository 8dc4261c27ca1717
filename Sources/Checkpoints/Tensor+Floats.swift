extension Tensor {
    /// The elements in row-major order, widened or narrowed to Float.
    ///
    /// - Complexity: O(count); allocates the array.
    package func floats() -> [Float] {
        switch elementType {
        case .float16: gather(UInt16.self) { Float(halfBits: $0) }
        case .bfloat16: gather(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
        case .float32: gather(UInt32.self) { Float(bitPattern: $0) }
        case .float64: gather(UInt64.self) { Float(Double(bitPattern: $0)) }
        case .int64: gather(Int64.self) { Float($0) }
        case .int32: gather(Int32.self) { Float($0) }
        case .uint8: gather(UInt8.self) { Float($0) }
        case .bool: gather(UInt8.self) { $0 == 0 ? 0 : 1 }
        }
    }

    /// The elements in row-major order as they are stored, little-endian.
    func bytes() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * elementType.byteCount)
        let span = storage.span
        forEachElement { offset in
            for byte in offset..<offset + elementType.byteCount { bytes.append(span[byte]) }
        }
        return bytes
    }

    @inline(__always)
    private func gather<Bits: FixedWidthInteger & BitwiseCopyable>(
        _ type: Bits.Type, _ convert: (Bits) -> Float
    ) -> [Float] {
        var floats: [Float] = []
        floats.reserveCapacity(count)
        forEachElement { floats.append(convert(storage.load(at: $0, as: type))) }
        return floats
    }

    /// Calls with the byte offset of each element, row-major.
    @inline(__always)
    private func forEachElement(_ body: (Int) -> Void) {
        let size = elementType.byteCount
        guard count > 0 else { return }
        guard let width = shape.last, let stride = strides.last else { return body(offset) }
        var index = [Int](repeating: 0, count: shape.count - 1)  // of all dimensions but the last
        var row = offset
        while true {
            for column in 0..<width { body(row + column * stride * size) }
            // The next row: as an odometer, the last wheel first.
            var wheel = index.count - 1
            while wheel >= 0 {
                index[wheel] += 1
                row += strides[wheel] * size
                if index[wheel] < shape[wheel] { break }
                row -= strides[wheel] * size * shape[wheel]
                index[wheel] = 0
                wheel -= 1
            }
            if wheel < 0 { return }
        }
    }
}

extension Float {
    /// An IEEE 754 half, exactly.
    ///
    /// The exponent is moved by a multiplication with 2^112, which makes subnormals right too.
    @inline(__always)
    init(halfBits: UInt16) {
        let magnitude = UInt32(halfBits & 0x7FFF)
        let sign = UInt32(halfBits & 0x8000) << 16
        let bits =
            magnitude >= 0x7C00
            ? magnitude << 13 | 0x7F80_0000  // infinity or NaN
            : (Float(bitPattern: magnitude << 13) * Float(bitPattern: 0x7780_0000)).bitPattern
        self = Float(bitPattern: bits | sign)
    }
}
