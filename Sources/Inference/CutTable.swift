/// Cuts that were measured, by shape; for all others each section has a rule.
package struct CutTable: Sendable, Equatable {
    private(set) var cuts: [CutShape: Cut]

    /// What plans are made from: ``measured``.
    package static let standard = CutTable(text: measured)

    init(_ cuts: [CutShape: Cut] = [:]) { self.cuts = cuts }

    /// Takes in what was measured: a shape whose rule is best has no line.
    package mutating func take(_ timings: [CutTiming]) {
        for timing in timings { cuts[timing.shape] = timing.isRuleBest ? nil : timing.best }
    }
}

extension CutTable: MeasuredTable {
    /// What stands in a line.
    package static let columns = [
        "Instruction set, element, way, window, stride, blocks in and out, height and width of",
        "the output: tiles or rows of an item, groups of an item.",
    ]

    /// The lines of a text that are a shape and what is best for it; all others are passed over.
    package init(text: String) {
        cuts = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            let numbers = words.dropFirst(3).compactMap { Int($0) }
            guard words.count == 11, numbers.count == 8, let isa = ISA(rawValue: String(words[0])),
                let element = Format.Element(rawValue: String(words[1])),
                let kind = SectionKind(rawValue: String(words[2]).replacing("-", with: " ")),
                numbers.allSatisfy((0...1 << 20).contains), numbers[6] > 0
            else { continue }
            let shape = CutShape(
                isa: isa, element: element, kind: kind, kernel: numbers[0], stride: numbers[1],
                inputBlocks: numbers[2], outputBlocks: numbers[3], height: numbers[4],
                width: numbers[5])
            cuts[shape] = Cut(run: numbers[6], groups: numbers[7])
        }
    }

    /// A line a shape, in order.
    package var lines: [String] {
        cuts.map { shape, cut in
            let kind = shape.kind.rawValue.replacing(" ", with: "-")
            return "\(shape.isa.rawValue) \(shape.element.rawValue) \(kind) \(shape.kernel) "
                + "\(shape.stride) \(shape.inputBlocks) \(shape.outputBlocks) \(shape.height) "
                + "\(shape.width) \(cut.run) \(cut.groups)"
        }.sorted()
    }
}
