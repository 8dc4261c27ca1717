package import Inference

/// What calibration found, as the text that a model file carries: a line for each value of the
/// network, its name, smallest and largest number.
package enum ActivationRanges {
    /// The metadata's key.
    package static let key = "activation_ranges"

    /// The text for ranges of a graph's values.
    package static func text(_ ranges: [ClosedRange<Float>], of graph: Graph) -> String {
        zip(graph.valueNames, ranges).map { name, range in
            "\(name) \(range.lowerBound) \(range.upperBound)"
        }.joined(separator: "\n")
    }

    /// The ranges in the order of the graph's values; nil when one is missing or is no range, as when
    /// the text was written for another network.
    static func read(_ text: String, for graph: Graph) -> [ClosedRange<Float>]? {
        var named: [Substring: ClosedRange<Float>] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 3, let low = Float(words[1]), let high = Float(words[2]),
                low.isFinite, high.isFinite, low <= high
            else { return nil }
            named[words[0]] = low...high
        }
        let ranges = graph.valueNames.compactMap { named[Substring($0)] }
        return ranges.count == graph.valueNames.count ? ranges : nil
    }
}
