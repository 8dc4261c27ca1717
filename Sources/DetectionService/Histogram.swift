/// How many values lay below each bound, and their sum.
final class Histogram: Sendable {
    let bounds: [Double]
    /// One more than bounds: the last for what is above them all.
    private let counters: [Counter]
    private let units = Counter()
    private let scale: Double

    /// Empty; `scale` is what one whole unit of the sum is worth.
    init(bounds: [Double], scale: Double) {
        self.bounds = bounds
        self.scale = scale
        counters = (0...bounds.count).map { _ in Counter() }
    }

    /// An empty one of seconds, from half a millisecond to half a minute.
    static func seconds() -> Histogram {
        Histogram(
            bounds: [
                0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
            ], scale: 1e-6)
    }

    /// Counts a value.
    ///
    /// `units` is the value in whole units, so that the sum can be kept by an atomic addition.
    func add(_ units: Int, value: Double) {
        counters[bounds.firstIndex { value <= $0 } ?? bounds.count].add(1)
        self.units.add(units)
    }

    /// Counts a time, in a histogram of ``seconds()``.
    func add(_ time: Duration) {
        let microseconds = time.microseconds
        add(microseconds, value: Double(microseconds) / 1e6)
    }

    /// Values at or below each bound, and of all: read once, so that a page agrees with itself.
    var cumulative: [Int] {
        var sum = 0
        return counters.map { counter in
            sum += counter.count
            return sum
        }
    }

    var sum: Double { Double(units.count) * scale }
}
