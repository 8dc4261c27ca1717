/// Numbers as digits for ids and keys.
enum Hex {
    /// 16 hexadecimal digits in lower case for each number, one behind the other.
    static func text(of numbers: UInt64...) -> String {
        var digits: [UInt8] = []
        digits.reserveCapacity(16 * numbers.count)
        for number in numbers {
            for place in stride(from: 60, through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: number >> UInt64(place)) & 15
                digits.append(digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
