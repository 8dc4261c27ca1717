/// How long a body may still take, going by what has come of it.
///
/// Any rate will do for ``Limits/bodyLeisureTime``; from then on every byte buys time, up to
/// ``Limits/bodyTime`` in all.
struct BodyPace {
    private let limits: Limits
    private let begunAt: ContinuousClock.Instant

    /// The pace of a body whose head has ended now.
    init(limits: Limits, at now: ContinuousClock.Instant) {
        self.limits = limits
        begunAt = now
    }

    /// When it is too slow, if no more comes than these bytes.
    func deadline(bytesReceived: Int) -> ContinuousClock.Instant {
        begunAt + timeAllowed(bytesReceived)
    }

    /// What to tell a client whose deadline has passed.
    func refusal(bytesReceived: Int) -> Refusal {
        // RFC 9110 §15.5.9
        timeAllowed(bytesReceived) == limits.bodyTime
            ? .timeout("The body did not come within \(limits.bodyTime).")
            : .timeout("The body came too slowly: less than \(limits.bodyRateMin) bytes a second.")
    }

    private func timeAllowed(_ bytesReceived: Int) -> Duration {
        guard limits.bodyRateMin > 0 else { return limits.bodyTime }
        let bought = Duration.seconds(1) * bytesReceived / limits.bodyRateMin
        return min(limits.bodyTime, limits.bodyLeisureTime + bought)
    }
}
