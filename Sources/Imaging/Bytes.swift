/// Reading of numbers and marks at any place; `nil` where the bytes end before.
extension Span<UInt8> {
    func byte(at index: Int) -> Int? {
        index >= 0 && index < count ? Int(self[index]) : nil
    }

    func bigEndian16(at index: Int) -> Int? {
        guard index >= 0, index <= count - 2 else { return nil }
        return Int(self[index]) << 8 | Int(self[index + 1])
    }

    func bigEndian32(at index: Int) -> Int? {
        guard let high = bigEndian16(at: index), let low = bigEndian16(at: index + 2) else {
            return nil
        }
        return high << 16 | low
    }

    func littleEndian16(at index: Int) -> Int? {
        guard index >= 0, index <= count - 2 else { return nil }
        return Int(self[index]) | Int(self[index + 1]) << 8
    }

    func littleEndian24(at index: Int) -> Int? {
        guard let low = littleEndian16(at: index), let high = byte(at: index + 2) else {
            return nil
        }
        return low | high << 16
    }

    func littleEndian32(at index: Int) -> Int? {
        guard let low = littleEndian16(at: index), let high = littleEndian16(at: index + 2) else {
            return nil
        }
        return low | high << 16
    }

    /// Whether `text`'s UTF-8 stands at `index`.
    func has(_ text: String, at index: Int = 0) -> Bool {
        has(Array(text.utf8), at: index)
    }

    /// Whether `mark` stands at `index`.
    func has(_ mark: [UInt8], at index: Int = 0) -> Bool {
        guard index >= 0, mark.count <= count, index <= count - mark.count else { return false }
        for offset in mark.indices where self[index + offset] != mark[offset] { return false }
        return true
    }

    /// Whether all the bytes there are agree with the beginning of `mark`, and some are missing.
    func isCutOff(_ mark: [UInt8]) -> Bool {
        guard count < mark.count else { return false }
        for offset in 0..<count where self[offset] != mark[offset] { return false }
        return true
    }
}
