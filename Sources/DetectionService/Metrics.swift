internal import Detection
internal import HTTPServer
internal import Locks

/// What the service counts; ``page(at:)`` shows it to Prometheus.
///
/// Recording is a few atomic additions and no lock: every counter is made before the first request.
final class Metrics: Sendable {
    /// Requests by route (nil for a path that is none) and status.
    let requests: [Route?: [Int: Counter]]
    /// From a request's first byte to its answer, by route.
    let requestTimes: [Route?: Histogram]
    /// Requests handed to the service and not yet answered.
    let inFlight = Counter()
    let bytesIn = Counter()
    let bytesOut = Counter()
    /// Requests to `/detect` that got no result, by the code of the problem.
    let rejections: [String: Counter]
    /// Pictures that were dropped after they had been admitted.
    let cancellations: [Cancellation: Counter]
    let reloads = Counter()
    let failedReloads = Counter()
    let pictures = Counter()
    let stages: [(name: String, histogram: Histogram)]
    let batches = Histogram(bounds: [1, 2, 4, 8, 16, 32, 64], scale: 1)
    private let classes = Guarded<[String: Counter]>([:])

    /// Statuses that are counted by themselves; others are counted as the first of their hundred.
    static let statuses = [
        200, 204, 400, 401, 403, 404, 405, 406, 408, 409, 413, 414, 415, 417, 422, 429, 431, 499,
        500, 501, 503, 504, 505,
    ]

    /// Codes of problems that are counted by themselves; what is wrong with the request's own words
    /// is `invalid_request`.
    static let rejectionReasons = [
        "overloaded", "overloaded_bytes", "deadline_unreachable", "deadline_exceeded", "draining",
        "not_ready", "too_many_connections", "too_many_connections_of_client", "too_many_bodies",
        "too_many_bodies_of_client",
        "body_too_large",
        "too_many_pixels", "too_many_images", "unsupported_image", "truncated_image",
        "corrupt_image", "too_many_scans", "request_timeout", "client_closed_request",
        "unauthorized", "internal_error", "invalid_request",
    ]

    /// Names of classes that are counted by themselves, over all models ever served; more are
    /// counted as `other`, so that reloading models cannot make the page longer without end.
    private static let classesMax = 4096

    /// Nothing counted yet.
    init() {
        let routes = Route.allCases.map(Optional.some) + [nil]
        requests = Dictionary(
            uniqueKeysWithValues: routes.map { route in
                (route, Dictionary(uniqueKeysWithValues: Self.statuses.map { ($0, Counter()) }))
            })
        requestTimes = Dictionary(uniqueKeysWithValues: routes.map { ($0, .seconds()) })
        rejections = Dictionary(
            uniqueKeysWithValues: Self.rejectionReasons.map { ($0, Counter()) })
        cancellations = Dictionary(
            uniqueKeysWithValues: Cancellation.allCases.map { ($0, Counter()) })
        stages = (StageTiming().stages.map(\.name) + ["total"]).map { ($0, .seconds()) }
    }

    // What happens

    /// A request was answered.
    func answered(_ call: Call, _ outcome: Outcome) {
        let status = outcome.response.status
        let counters = requests[call.route]
        (counters?[status] ?? counters?[status / 100 * 100])?.add(1)
        requestTimes[call.route]?.add(.now - call.receivedAt)
        bytesIn.add(call.bodyBytes)
        bytesOut.add(outcome.response.body.count)
        if let problem = outcome.problem { rejected(problem.code, on: call.route) }
    }

    private func rejected(_ code: String, on route: Route?) {
        switch route {
        case .detect: (rejections[code] ?? rejections["invalid_request"])?.add(1)
        case nil: rejections[code]?.add(1)  // a request that was not understood, or no connection
        default: break
        }
    }

    /// A worker took so many pictures together.
    func tookBatch(_ size: Int) { batches.add(size, value: Double(size)) }

    /// A picture was dropped.
    func cancelled(_ reason: Cancellation) { cancellations[reason]?.add(1) }

    /// A picture was worked on; `classes` are those of its model (``counters(for:)``).
    func predicted(_ prediction: Prediction, _ classes: [Counter]) {
        pictures.add(1)
        for detection in prediction.detections where classes.indices.contains(detection.classID) {
            classes[detection.classID].add(1)
        }
        let durations = prediction.timing.stages.map(\.duration) + [prediction.timing.total]
        for (stage, duration) in zip(stages, durations) { stage.histogram.add(duration) }
    }

    // Classes, which come with a model

    /// The counters of a model's classes, by class id: the same one for the same name.
    func counters(for names: [String]) -> [Counter] {
        classes.withLock { classes in
            names.map { name in
                let isKnown = classes[name] != nil || classes.count < Self.classesMax
                let name = isKnown ? name : "other"
                if let counter = classes[name] { return counter }
                let counter = Counter()
                classes[name] = counter
                return counter
            }
        }
    }

    /// How often each class was found, by name.
    var detections: [(name: String, count: Int)] {
        classes.withLock { $0 }.map { ($0.key, $0.value.count) }.sorted { $0.name < $1.name }
    }
}
