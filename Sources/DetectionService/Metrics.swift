internal import Synchronization

/// What the service counts, in Prometheus' text format.
///
/// Recording is a few atomic additions.
final class Metrics: Sendable {
    private let requests: [Route?: [Int: Counter]]
    private let refusals: [String: Counter]
    private let pictures = Counter()
    private let detections = Counter()
    private let stages: [(name: String, histogram: Histogram)]
    private let batches = Histogram(bounds: [1, 2, 4, 8, 16, 32, 64], scale: 1)

    /// Statuses that are counted by themselves; others are counted as the first of their hundred.
    private static let statuses = [
        200, 204, 400, 404, 405, 406, 408, 413, 414, 415, 417, 422, 431, 499, 500, 501, 503, 505,
    ]
    private static let refusalReasons = ["overloaded", "draining", "not_ready"]

    /// Nothing counted yet.
    init() {
        let routes = Route.allCases.map(Optional.some) + [nil]
        requests = Dictionary(
            uniqueKeysWithValues: routes.map { route in
                (route, Dictionary(uniqueKeysWithValues: Self.statuses.map { ($0, Counter()) }))
            })
        refusals = Dictionary(
            uniqueKeysWithValues: Self.refusalReasons.map { ($0, Counter()) })
        let seconds = [
            0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
        ]
        stages = (StageTiming().stages.map(\.name) + ["total"]).map {
            ($0, Histogram(bounds: seconds, scale: 1e-6))
        }
    }

    /// A request was answered.
    ///
    /// No route stands for a path that is none.
    func answered(_ route: Route?, status: Int) {
        let counters = requests[route]
        (counters?[status] ?? counters?[status / 100 * 100])?.add(1)
    }

    /// A picture was refused before any work, by the code of the refusal.
    func refused(_ code: String) { refusals[code]?.add(1) }

    /// A worker took so many pictures together.
    func tookBatch(_ size: Int) { batches.add(size, value: Double(size)) }

    /// A picture was answered.
    func predicted(_ prediction: Prediction) {
        pictures.add(1)
        detections.add(prediction.detections.count)
        let durations = prediction.timing.stages.map(\.duration) + [prediction.timing.total]
        for (stage, duration) in zip(stages, durations) {
            let milliseconds = duration.milliseconds
            stage.histogram.add(Int(milliseconds * 1000), value: milliseconds / 1000)
        }
    }

    /// The page that Prometheus reads.
    func page(state: GaugeValues) -> String {
        var page = MetricsPage()
        page.gauge("dynadetect_info", "What runs; always 1.", 1, labels: state.labels)
        page.gauge("dynadetect_ready", "1 when pictures are taken.", state.isReady ? 1 : 0)
        page.gauge("dynadetect_queue_waiting", "Pictures waiting for a worker.", state.waiting)
        page.gauge("dynadetect_queue_running", "Pictures being worked on.", state.running)

        page.begin("dynadetect_requests_total", "Requests answered.", "counter")
        for route in Route.allCases.map(Optional.some) + [nil] {
            for status in Self.statuses {
                guard let count = requests[route]?[status]?.count, count > 0 else { continue }
                page.sample(
                    "dynadetect_requests_total", "\(count)",
                    labels: [("route", route?.rawValue ?? "other"), ("status", "\(status)")])
            }
        }
        page.begin(
            "dynadetect_refusals_total", "Pictures refused before any work, by reason.", "counter")
        for reason in Self.refusalReasons {
            page.sample(
                "dynadetect_refusals_total", "\(refusals[reason]?.count ?? 0)",
                labels: [("reason", reason)])
        }
        page.begin("dynadetect_pictures_total", "Pictures answered.", "counter")
        page.sample("dynadetect_pictures_total", "\(pictures.count)")
        page.begin("dynadetect_detections_total", "Detections in all answers.", "counter")
        page.sample("dynadetect_detections_total", "\(detections.count)")

        page.begin("dynadetect_stage_seconds", "Time of each stage of a picture.", "histogram")
        for (name, histogram) in stages {
            page.histogram("dynadetect_stage_seconds", histogram, labels: [("stage", name)])
        }
        page.begin("dynadetect_batch_size", "Pictures a worker took together.", "histogram")
        page.histogram("dynadetect_batch_size", batches)
        return page.text
    }

    /// What is true at the moment of asking.
    struct GaugeValues {
        var isReady: Bool
        var waiting: Int
        var running: Int
        var labels: [(name: String, value: String)]
    }
}

/// A number that only grows.
final class Counter: Sendable {
    private let value = Atomic(0)
    func add(_ count: Int) { value.wrappingAdd(count, ordering: .relaxed) }
    var count: Int { value.load(ordering: .relaxed) }
}

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

    /// Counts a value.
    ///
    /// `units` is the value in whole units, so that the sum can be kept by an atomic addition.
    func add(_ units: Int, value: Double) {
        counters[bounds.firstIndex { value <= $0 } ?? bounds.count].add(1)
        self.units.add(units)
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
