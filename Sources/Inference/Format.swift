import CKernels

/// How a value's numbers are stored: a stored q stands for scale·(q − zero).
package struct Format: Sendable, Hashable {
    /// What a number is stored as.
    package let element: Element
    /// Above 0; 1 for what is stored as it is.
    package let scale: Float
    /// What stands for 0: 0...255 for bytes, else 0.
    package let zero: Int

    /// What a number is stored as.
    package enum Element: String, Sendable, CaseIterable {
        case float
        case bfloat16
        case byte

        /// Bytes of a number.
        var size: Int {
            switch self {
            case .float: 4
            case .bfloat16: 2
            case .byte: 1
            }
        }

        /// Input channels that one step of a convolution takes.
        var stepChannels: Int { self == .float ? 1 : Int(dd_step_channels(code)) }

        /// Whether this CPU multiplies such numbers.
        package var isAvailable: Bool { dd_element_available(code) != 0 }

        var code: dd_element {
            switch self {
            case .float: DD_FLOAT
            case .bfloat16: DD_BF16
            case .byte: DD_U8
            }
        }
    }

    /// Numbers stored as they are.
    static let float = Format(element: .float, scale: 1, zero: 0)
    static let bfloat16 = Format(element: .bfloat16, scale: 1, zero: 0)

    /// Bytes for numbers of a range; the range is widened to hold 0, which is stored exactly.
    static func bytes(for range: ClosedRange<Float>) -> Format {
        let low = min(range.lowerBound, 0)
        let high = max(range.upperBound, 0)
        // Of a range that is nothing but 0, or beyond float, any scale will do.
        let scale = (high / 255) - (low / 255)
        guard scale.isNormal else { return Format(element: .byte, scale: 1, zero: 0) }
        let zero = (-low / scale).rounded(.toNearestOrEven)
        return Format(element: .byte, scale: scale, zero: Int(min(max(zero, 0), 255)))
    }

    /// What a picture's bytes are stored as: v/255 of each, exactly.
    static func picture(_ element: Element) -> Format {
        Format(element: element, scale: element == .float ? 1 : 1 / 255, zero: 0)
    }

    var code: dd_format {
        dd_format(element: element.code, scale: scale, zero: Int32(zero))
    }
}
