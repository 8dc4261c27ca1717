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
