/// How long a job holds its worker: averages that follow what is measured, a plain struct.
///
/// Each kind has an exponentially weighted average of its own. A kind that was never measured is judged by
/// its size: the network's arithmetic grows with the area of its input.
struct ServiceTimes<Kind: Hashable & Sendable> {
    /// How many measurements an average remembers, roughly.
    private static var memory: Double { 8 }
    /// Kinds with an average of their own; when there are more, all begin anew, so that whoever sends
    /// pictures of ever new shapes costs no memory.
    private static var kindsMax: Int { 256 }

    private let size: @Sendable (Kind) -> Int
    private var averages: [Kind: Double] = [:]
    private var averagePerUnit: Double?
    private var averageOfAll: Double?

    /// Nothing measured; `size` is a kind's size in units of the caller's, at least 1.
    init(size: @escaping @Sendable (Kind) -> Int) {
        self.size = size
    }

    /// A job of that kind held its worker so long.
    mutating func learn(_ kind: Kind, took: Duration) {
        let seconds = max(took.inSeconds, 0)
        averageOfAll = Self.follow(averageOfAll, seconds)
        averagePerUnit = Self.follow(averagePerUnit, seconds / Double(max(size(kind), 1)))
        if averages.count == Self.kindsMax, averages[kind] == nil { averages = [:] }
        averages[kind] = Self.follow(averages[kind], seconds)
    }

    /// How long a job of that kind will hold its worker; zero as long as nothing is known.
    func estimate(_ kind: Kind) -> Duration {
        if let average = averages[kind] { return .seconds(average) }
        guard let averagePerUnit else { return .zero }
        return .seconds(averagePerUnit * Double(max(size(kind), 1)))
    }

    /// How long a job of any kind will hold its worker.
    var estimateOfAny: Duration { .seconds(averageOfAll ?? 0) }

    private static func follow(_ average: Double?, _ sample: Double) -> Double {
        guard let average else { return sample }
        return average + (sample - average) / memory
    }
}

extension Duration {
    /// As a plain number, for averages.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
