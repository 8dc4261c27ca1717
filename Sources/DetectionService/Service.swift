internal import Detection
internal import HTTPServer
internal import Imaging
internal import Inference
internal import Synchronization

/// Answers the service's requests: `POST /detect`, and the routes beside it.
///
/// DESIGN: the way of a `POST /detect`. The head alone can be refused (``admit(_:)``): wrong path,
/// method or type, not ready, full. When the body is there, on the connection's queue, its picture is
/// found and the picture's header read, so that it is known into which frame it goes; then it waits as
/// it came, encoded (``PictureQueue``). A worker does all the rest, up to the answer's JSON.
/// Every answer leaves through ``finish(_:_:)``, which counts and logs it.
final class Service: Handler {
    private let queue: PictureQueue
    private let settings: Settings
    private let metrics: Metrics
    private let log: ServiceLog
    private let stage = Atomic(Stage.warmingUp)

    /// What a request may hold, and what it gets when it says nothing.
    struct Settings: Sendable {
        var defaults: DetectionOptions
        var bodyBytesMax: Int
        var picturesMax: Int
        var about: About

        /// What `/version` and the metrics say of the process.
        struct About: Sendable {
            var isa: String
            /// What the network computes in, and why.
            var precision: Precision.Decision
            var shape: String
            var workers: Int

            init(
                isa: String, precision: Precision.Decision, shape: String, workers: Int
            ) {
                self.isa = isa
                self.precision = precision
                self.shape = shape
                self.workers = workers
            }
        }

        init(
            defaults: DetectionOptions = DetectionOptions(), bodyBytesMax: Int, picturesMax: Int,
            about: About
        ) {
            self.defaults = defaults
            self.bodyBytesMax = bodyBytesMax
            self.picturesMax = picturesMax
            self.about = about
        }
    }

    /// A life goes one way.
    private enum Stage: UInt8, AtomicRepresentable {
        case warmingUp, ready, draining
    }

    /// A service that is not ready yet.
    init(queue: PictureQueue, settings: Settings, metrics: Metrics, log: ServiceLog) {
        self.queue = queue
        self.settings = settings
        self.metrics = metrics
        self.log = log
    }

    /// Takes pictures from now on, unless it is draining already.
    func becomeReady() {
        _ = stage.compareExchange(expected: .warmingUp, desired: .ready, ordering: .relaxed)
    }

    /// Takes no more pictures, for ever.
    func beginDraining() { stage.store(.draining, ordering: .relaxed) }

    // What the server asks

    /// Refuses what its head alone condemns: an unknown route, a full queue, too long a body.
    func admit(_ head: RequestHead) -> Admission {
        do throws(ServiceError) {
            guard head.path != "*" else { return .accept(bodyBytesMax: 0) }
            guard try Route.find(head) == .detect, head.method == "POST" else {
                return .accept(bodyBytesMax: 0)
            }
            try checkReadiness()
            _ = try DetectBody.form(of: head)
            do { try queue.checkForPlace() } catch { throw ServiceError(error) }
            return .accept(bodyBytesMax: settings.bodyBytesMax)
        } catch {
            return .answer(refuse(error, Call(head)))
        }
    }

    /// Answers a whole request.
    func handle(_ exchange: Exchange) {
        let call = Call(
            exchange.head, receivedAt: exchange.receivedAt, bodyBytes: exchange.body.count)
        do throws(ServiceError) {
            if try !detectLater(exchange, call) {
                exchange.respond(finish(call, try answer(exchange.head)))
            }
        } catch {
            exchange.respond(refuse(error, call))
        }
    }

    /// A refusal of the server's as problem+json.
    func response(to refusal: Refusal, head: RequestHead?) -> Response {
        refuse(.http(refusal), Call(head))
    }

    // What is answered at once

    private func answer(_ head: RequestHead) throws(ServiceError) -> Outcome {
        guard head.path != "*" else { return .options(["GET", "HEAD", "POST", "OPTIONS"]) }
        let route = try Route.find(head)
        guard head.method != "OPTIONS" else { return .options(route.methods) }
        switch route {
        case .root, .detect:
            return .json {
                $0.key("name", "dynadetect")
                $0.key("detect", "POST /detect")
                $0.key("openapi", Route.openAPI.rawValue)
            }
        case .health:
            return .json { $0.key("status", "ok") }
        case .readiness:
            try checkReadiness()
            return .json { $0.key("status", "ready") }
        case .version:
            return .json { json in
                json.key("name", "dynadetect")
                json.key("version", Version.current)
                json.key("model") { $0.value(queue.model) }
                json.key("isa", settings.about.isa)
                json.key("precision", settings.about.precision.precision.rawValue)
                json.key("precision_reason", settings.about.precision.reason)
                json.key("shape", settings.about.shape)
                json.key("workers", settings.about.workers)
            }
        case .metrics:
            return Outcome(
                response: .content(Array(metricsPage.utf8), type: MetricsPage.contentType))
        case .openAPI:
            return Outcome(response: .content(BuiltIn.openAPI, type: "application/yaml"))
        }
    }

    private var metricsPage: String {
        let depth = queue.depth
        let labels: [(name: String, value: String)] = [
            ("version", Version.current), ("model", queue.model.name),
            ("model_version", queue.model.version), ("isa", settings.about.isa),
            ("precision", settings.about.precision.precision.rawValue),
            ("shape", settings.about.shape), ("workers", "\(settings.about.workers)"),
        ]
        return metrics.page(
            state: Metrics.GaugeValues(
                isReady: stage.load(ordering: .relaxed) == .ready, waiting: depth.waiting,
                running: depth.running, labels: labels))
    }

    private func checkReadiness() throws(ServiceError) {
        switch stage.load(ordering: .relaxed) {
        case .warmingUp: throw .notReady
        case .ready: return
        case .draining: throw .draining
        }
    }

    // What is answered by a worker

    /// Puts the pictures of a `POST /detect` in line; false for any other request.
    private func detectLater(_ exchange: Exchange, _ call: Call) throws(ServiceError) -> Bool {
        let head = exchange.head
        guard head.path == Route.detect.rawValue, head.method == "POST" else { return false }
        try checkReadiness()
        // The first place is taken before the body is looked at; all are held before a header is read.
        var places = [try Place(in: queue)]
        let body = try DetectBody.read(
            exchange.body, as: try DetectBody.form(of: head), picturesMax: settings.picturesMax)
        let options = try options(head, body)
        while places.count < body.pictures.count { places.append(try Place(in: queue)) }

        let names = body.placeNames
        var letterboxes: [Letterbox] = []
        for (picture, name) in zip(body.pictures, names) {
            do { letterboxes.append(try queue.letterbox(for: picture.bytes)) } catch {
                throw .picture(error, place: name)
            }
        }

        let answers = AnswerSheet(count: body.pictures.count)
        for (index, picture) in body.pictures.enumerated() {
            queue.submit(
                picture.bytes, letterbox: letterboxes[index], options: options,
                ticket: places[index].takeTicket(),
                isAbandoned: { exchange.isAbandoned || answers.isClosed },
                finish: { [self] result in
                    let result = result.mapError { ServiceError($0, place: names[index]) }
                    guard let all = answers.enter(result, at: index) else { return }
                    switch all {
                    case .success(let predictions):
                        let outcome = Outcome.found(predictions, by: queue.model, id: call.id)
                        exchange.respond(finish(call, outcome))
                    case .failure(let error):
                        exchange.respond(refuse(error, call))
                    }
                })
        }
        return true
    }

    private func options(
        _ head: RequestHead, _ body: DetectBody
    ) throws(ServiceError) -> PredictionOptions {
        let detection = try OptionReader(model: queue.model.description).read(
            query: head.query.map { ($0.name, .text($0.value)) }, body: body.options,
            defaults: settings.defaults)
        let isAnnotated = AcceptedReply(accept: head.fields.list("Accept")) == .jpeg
        guard !isAnnotated || body.pictures.count == 1 else { throw .annotationOfSeveral }
        return PredictionOptions(detection: detection, isAnnotated: isAnnotated)
    }

    // The one way out

    private func refuse(_ error: ServiceError, _ call: Call) -> Response {
        finish(call, .refused(error, id: call.id))
    }

    /// Counts and logs a call, and gives its answer the request's id.
    private func finish(_ call: Call, _ outcome: Outcome) -> Response {
        var response = outcome.response
        response.fields.add("X-Request-Id", call.id)
        metrics.answered(call.route, status: response.status)
        if let problem = outcome.problem, call.route == .detect { metrics.refused(problem.code) }
        for prediction in outcome.predictions { metrics.predicted(prediction) }
        log.note(call, outcome)
        return response
    }
}

extension Outcome {
    fileprivate static func options(_ methods: [String]) -> Outcome {
        Outcome(
            response: Response(status: 204, fields: ["Allow": methods.joined(separator: ", ")]))
    }
}
