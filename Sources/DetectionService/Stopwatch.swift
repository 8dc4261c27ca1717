/// Measures stages that follow one another.
struct Stopwatch {
    let start: ContinuousClock.Instant
    private var last: ContinuousClock.Instant

    init(startedAt start: ContinuousClock.Instant = .now) {
        self.start = start
        last = start
    }

    /// Time since the lap before.
    mutating func lap() -> Duration {
        let now = ContinuousClock.now
        defer { last = now }
        return now - last
    }

    /// Time since the beginning.
    var sinceStart: Duration { ContinuousClock.now - start }
}

extension Duration {
    /// Whole microseconds.
    var microseconds: Int {
        let parts = components
        return Int(parts.seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000)
    }

    /// Milliseconds, to the microsecond.
    var milliseconds: Double { Double(microseconds) / 1000 }
}
