/// The least, the middle and the slow end of some measurements.
struct Percentiles: Equatable {
    let min: Double
    let median: Double
    /// The least value that nine in ten do not exceed.
    let p90: Double

    /// - Parameter samples: at least one.
    init(_ samples: [Double]) {
        let sorted = samples.sorted()
        precondition(!sorted.isEmpty, "nothing was measured")
        let half = sorted.count / 2
        min = sorted[0]
        median =
            sorted.count.isMultiple(of: 2) ? (sorted[half - 1] + sorted[half]) / 2 : sorted[half]
        p90 = sorted[(sorted.count * 9 + 9) / 10 - 1]
    }
}
