/// What a network computes in, which is what its numbers are stored as between layers.
package enum Precision: String, Sendable, CaseIterable {
    /// Floats, multiplied as such.
    case fp32
    /// bfloat16, added up in floats.
    case bf16
    /// Bytes with a scale for each value, added up in whole numbers.
    case int8

    var element: Format.Element {
        switch self {
        case .fp32: .float
        case .bf16: .bfloat16
        case .int8: .byte
        }
    }

    /// What a user may ask for.
    package enum Choice: String, Sendable, CaseIterable {
        case fp32, bf16, int8
        /// The fastest that this CPU has instructions for and the file is made for.
        case auto
    }

    /// A precision, and why it was taken.
    package struct Decision: Sendable, Equatable {
        /// What the network computes in.
        package let precision: Precision
        /// A few words to stand in brackets.
        package let reason: String
        /// Whether something else was asked for.
        package let isSubstitute: Bool

        /// A decision that was made.
        package init(precision: Precision, reason: String, isSubstitute: Bool) {
            self.precision = precision
            self.reason = reason
            self.isSubstitute = isSubstitute
        }
    }

    /// The precision for what was asked; fp32 where it cannot be had.
    ///
    /// Narrow kernels are for CPUs with AVX-512 alone, so `isa` must be that. `hasRanges` says
    /// whether the model was calibrated, without which there are no bytes.
    package static func choose(
        _ choice: Choice, isa: ISA, hasRanges: Bool,
        isAvailable: (Format.Element) -> Bool = \.isAvailable
    ) -> Decision {
        func lacks(_ precision: Precision) -> String? {
            guard isa == .avx512, isAvailable(precision.element) else {
                let instructions = precision == .bf16 ? "AVX512_BF16" : "AVX512_VNNI"
                return isa == .avx512
                    ? "this CPU lacks \(instructions)"
                    : "\(instructions) is not used with the instruction set \(isa.rawValue)"
            }
            return precision == .int8 && !hasRanges
                ? "the model is not calibrated; `dynadetect calibrate` does it" : nil
        }
        switch choice {
        case .fp32: return Decision(precision: .fp32, reason: "as asked", isSubstitute: false)
        case .bf16, .int8:
            let asked: Precision = choice == .bf16 ? .bf16 : .int8
            guard let lack = lacks(asked) else {
                return Decision(precision: asked, reason: "as asked", isSubstitute: false)
            }
            return Decision(
                precision: .fp32, reason: "not \(asked.rawValue): \(lack)", isSubstitute: true)
        case .auto:
            if lacks(.int8) == nil {
                return Decision(
                    precision: .int8, reason: "the fastest, and the model is calibrated for it",
                    isSubstitute: false)
            }
            guard let lack = lacks(.bf16) else {
                return Decision(
                    precision: .bf16, reason: "the fastest here without calibration",
                    isSubstitute: false)
            }
            return Decision(precision: .fp32, reason: lack, isSubstitute: false)
        }
    }
}

/// What each value of a program is stored as.
///
/// Values that share memory (parts of a concat, of a split) share a format, so that none is copied.
/// The picture's bytes are held exactly; outputs are floats whatever the precision.
struct Storage: Sendable {
    private let element: Format.Element
    /// By value of the graph, for bytes.
    private let ranges: [ClosedRange<Float>]

    static let floats = Storage(element: .float, ranges: [])

    private init(element: Format.Element, ranges: [ClosedRange<Float>]) {
        self.element = element
        self.ranges = ranges
    }

    init(_ precision: Precision, of graph: Graph, ranges: [ClosedRange<Float>]) {
        precondition(precision != .int8 || ranges.count == graph.channels.count)
        self.init(element: precision.element, ranges: ranges)
    }

    var isNarrow: Bool { element != .float }

    /// The format of a buffer in which these values of the graph lie.
    func format(of values: [Int], input: Int) -> Format {
        if values.allSatisfy({ $0 == input }) { return .picture(element) }
        switch element {
        case .float: return .float
        case .bfloat16: return .bfloat16
        case .byte:
            let (low, high) = values.reduce((Float(0), Float(0))) { range, value in
                (min(range.0, ranges[value].lowerBound), max(range.1, ranges[value].upperBound))
            }
            return .bytes(for: low...high)
        }
    }
}
