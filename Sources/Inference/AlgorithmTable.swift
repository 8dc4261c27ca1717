/// Algorithms that were measured to be the fastest, by shape; for all others there is a rule.
package struct AlgorithmTable: Sendable, Equatable {
    private(set) var algorithms: [AlgorithmShape: Algorithm]

    /// What networks are packed by: ``measured``.
    package static let standard = AlgorithmTable(text: measured)

    init(_ algorithms: [AlgorithmShape: Algorithm] = [:]) { self.algorithms = algorithms }

    /// The algorithm for a shape.
    subscript(shape: AlgorithmShape) -> Algorithm {
        algorithms[shape] ?? shape.candidates[0]
    }

    /// Takes in what was measured, the rule's too: so its lines say what the rule was tried on.
    package mutating func take(_ timings: [AlgorithmTiming]) {
        for timing in timings { algorithms[timing.shape] = timing.best }
    }
}

extension AlgorithmTable: MeasuredTable {
    /// What stands in a line.
    package static let columns = [
        "Instruction set, element, weights, stride, channels in and out: algorithm."
    ]

    /// The lines of a text that are a shape and what is best for it; all others are passed over.
    package init(text: String) {
        algorithms = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            let numbers = words.dropFirst(3).compactMap { Int($0) }
            guard words.count == 7, numbers.count == 3, let isa = ISA(rawValue: words[0]),
                let element = Format.Element(rawValue: words[1]),
                let weights = AlgorithmShape.Weights(rawValue: words[2]),
                numbers.allSatisfy((1...GraphLimits.channelsMax).contains),
                let algorithm = Algorithm(rawValue: words[6])
            else { continue }
            let shape = AlgorithmShape(
                isa: isa, element: element, weights: weights, stride: numbers[0],
                inputChannels: numbers[1], outputChannels: numbers[2])
            guard shape.candidates.count > 1, shape.candidates.contains(algorithm) else { continue }
            algorithms[shape] = algorithm
        }
    }

    /// A line a shape, in order.
    package var lines: [String] {
        algorithms.map { shape, algorithm in
            "\(shape.isa.rawValue) \(shape.element.rawValue) \(shape.weights.rawValue) "
                + "\(shape.stride) \(shape.inputChannels) \(shape.outputChannels) "
                + algorithm.rawValue
        }.sorted()
    }
}
