internal import Detection
internal import HTTPServer
internal import Imaging
internal import Inference
internal import Locks
internal import Synchronization

/// Answers the service's requests: `POST /detect`, and the routes beside it.
///
/// DESIGN: the way of a `POST /detect`. The head alone can be refused (``admit(_:)``): wrong path,
/// method or type, not ready, full. When the body is there, on the thread that read it, its picture is
/// found and the picture's header read, so that it is known into which frame it goes; then it waits as
/// it came, encoded (``PictureQueue``). A worker does all the rest, up to the answer's JSON.
/// Every answer leaves through ``finish(_:_:)``, which counts and logs it.
final class Service: Handler {
    let queue: PictureQueue
    let settings: Settings
    let metrics: Metrics
    let reloader: ModelReloader
    private let log: ServiceLog
    private let connectionCount = Guarded(ConnectionCount { 0 })
    let stage = Atomic(Stage.warmingUp)

    /// What a request may hold, and what it gets when it says nothing.
    struct Settings: Sendable {
        /// What is asked of a model where the request does not say.
        var defaults: @Sendable (ModelDescription) -> DetectionOptions
        var bodyBytesMax: Int
        var picturesMax: Int
        /// How long a picture may wait for a worker, unless its request says otherwise.
        var timeout: Duration
        /// Who may do what.
        var access: Access
        /// Which web pages may ask.
        var crossOrigin: CrossOrigin
        var about: About

        /// What `/version` and the metrics say of the process.
        struct About: Sendable {
            var shape: String
            var workers: Int
            /// Cores that the process may use.
            var cpus: Double

            init(shape: String, workers: Int, cpus: Double) {
                self.shape = shape
                self.workers = workers
                self.cpus = cpus
            }
        }

        init(
            defaults: @escaping @Sendable (ModelDescription) -> DetectionOptions = { _ in
                DetectionOptions()
            }, bodyBytesMax: Int, picturesMax: Int,
            timeout: Duration, access: Access = Access(),
            crossOrigin: CrossOrigin = CrossOrigin(), about: About
        ) {
            self.access = access
            self.crossOrigin = crossOrigin
            self.defaults = defaults
            self.bodyBytesMax = bodyBytesMax
            self.picturesMax = picturesMax
            self.timeout = timeout
            self.about = about
        }
    }

    /// Who counts connections.
    ///
    /// In a structure: a bare function is wrapped anew, for a generic type, each time that it is looked at
    /// there, and the wraps are kept (Swift 6.3). Each reading of the figures cost two more, for ever.
    private struct ConnectionCount {
        let now: @Sendable () -> Int
    }

    /// A life goes one way.
    enum Stage: UInt8, AtomicRepresentable {
        case warmingUp, ready, leaving
    }

    /// A service that is not ready yet.
    init(
        queue: PictureQueue, settings: Settings, metrics: Metrics, log: ServiceLog,
        reloader: ModelReloader
    ) {
        self.reloader = reloader
        self.queue = queue
        self.settings = settings
        self.metrics = metrics
        self.log = log
    }

    /// Takes pictures from now on, unless it is draining already.
    func becomeReady() {
        _ = stage.compareExchange(expected: .warmingUp, desired: .ready, ordering: .relaxed)
    }

    /// Tells whoever asks that it is ready no more.
    ///
    /// It still answers: until the server has closed its last connection, every client that found
    /// its way here is served.
    func leave() { stage.store(.leaving, ordering: .relaxed) }

    /// Lets the metrics say how many connections are open.
    func countConnections(by count: @escaping @Sendable () -> Int) {
        connectionCount.withLock { $0 = ConnectionCount(now: count) }
    }

    /// Connections open now.
    var connections: Int { connectionCount.withLock { $0 }.now() }

    /// Whether clients should be sent here.
    func checkReadiness() throws(ServiceError) {
        try checkWarmth()
        if stage.load(ordering: .relaxed) == .leaving { throw .draining }
    }

    /// Whether pictures are taken.
    func checkWarmth() throws(ServiceError) {
        if stage.load(ordering: .relaxed) == .warmingUp { throw .notReady }
    }

    // What the server asks

    /// Refuses what its head alone condemns: an unknown route, no key, a full queue, too long a body.
    func admit(_ head: RequestHead) -> Admission { admit(head, at: .main) }

    /// Answers a whole request.
    func handle(_ exchange: Exchange) { handle(exchange, at: .main) }

    /// A refusal of the server's as problem+json.
    func response(to refusal: Refusal, head: RequestHead?) -> Response {
        refuse(.http(refusal), Call(head))
    }

    // The same, at any door

    func admit(_ head: RequestHead, at door: Access.Door) -> Admission {
        do throws(ServiceError) {
            guard head.path != "*" else { return .accept(bodyBytesMax: 0) }
            let route = try Route.find(head)
            try settings.access.check(head, for: route, at: door)
            guard route == .detect, head.method == "POST" else {
                return .accept(bodyBytesMax: 0)
            }
            try checkWarmth()
            _ = try DetectBody.form(of: head)
            let timeout = try RequestTimeout.read(head.fields, standard: settings.timeout)
            do {
                try queue.checkForPlace(
                    startBy: .now + timeout,
                    bytes: min(DetectBody.announcedBytes(head), settings.bodyBytesMax))
            } catch { throw .overloaded(error) }
            return .accept(bodyBytesMax: settings.bodyBytesMax)
        } catch {
            return .answer(refuse(error, Call(head)))
        }
    }

    func handle(_ exchange: Exchange, at door: Access.Door) {
        var call = Call(
            exchange.head, receivedAt: exchange.receivedAt, bodyBytes: exchange.body.count)
        call.holder = settings.access.holderName(exchange.head)
        metrics.inFlight.add(1)
        do throws(ServiceError) {
            // Once more: keys may have changed while the body came.
            if let route = call.route {
                try settings.access.check(exchange.head, for: route, at: door)
            }
            switch (call.route, exchange.head.method) {
            case (.detect, "POST"): try detect(exchange, call)
            case (.reload, "POST"): try reload(exchange, call)
            default: respond(exchange, call, try answer(exchange.head))
            }
        } catch {
            respond(exchange, call, .refused(error, id: call.id))
        }
    }

    // The one way out

    /// Answers a request that was handed to ``handle(_:)``.
    func respond(_ exchange: Exchange, _ call: Call, _ outcome: Outcome) {
        metrics.inFlight.add(-1)
        exchange.respond(finish(call, outcome))
    }

    private func refuse(_ error: ServiceError, _ call: Call) -> Response {
        finish(call, .refused(error, id: call.id))
    }

    /// Counts and logs a call, and gives its answer what every answer has: the request's id, its place
    /// in the client's trace, and the times of its stages.
    private func finish(_ call: Call, _ outcome: Outcome) -> Response {
        var response = outcome.response
        response.fields.add("X-Request-Id", call.id)
        for field in settings.crossOrigin.fields(for: call.head) {
            response.fields.add(field.name, field.value)
        }
        if let trace = call.trace { response.fields.add("traceparent", trace.traceparent) }
        response.fields.add(
            "Server-Timing",
            ServerTiming.text(outcome.predictions.map(\.timing), total: .now - call.receivedAt))
        metrics.answered(call, outcome)
        log.note(call, outcome)
        return response
    }
}
