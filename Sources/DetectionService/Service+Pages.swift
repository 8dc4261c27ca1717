internal import HTTPServer
internal import Inference
internal import Synchronization

extension Service {
    /// Answers a request that needs no worker.
    func answer(_ head: RequestHead) throws(ServiceError) -> Outcome {
        guard head.path != "*" else { return .options(["GET", "HEAD", "POST", "OPTIONS"]) }
        let route = try Route.find(head)
        guard head.method != "OPTIONS" else {
            var outcome = Outcome.options(route.methods)
            for field in settings.crossOrigin.preflight(for: head, methods: route.methods) {
                outcome.response.fields.add(field.name, field.value)
            }
            return outcome
        }
        switch route {
        case .root, .detect, .reload:
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
            let model = queue.serving
            let computation = model.predictor.computation
            return .json { json in
                json.key("name", "dynadetect")
                json.key("version", Version.current)
                json.key("model") { $0.value(model.identity) }
                json.key("isa", computation.isa)
                json.key("precision", computation.precision.precision.rawValue)
                json.key("precision_reason", computation.precision.reason)
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
        let model = queue.serving
        let computation = model.predictor.computation
        return metrics.page(
            at: Metrics.Moment(
                isReady: stage.load(ordering: .relaxed) == .ready, waiting: depth.waiting,
                running: depth.running, bytesHeld: queue.bytesHeld,
                expectedWait: queue.expectedWait, connections: connections,
                workers: settings.about.workers, cpus: settings.about.cpus, process: .live,
                model: [
                    ("model", model.identity.name), ("model_version", model.identity.version),
                    ("precision", computation.precision.precision.rawValue),
                    ("isa", computation.isa), ("shape", settings.about.shape),
                ]))
    }

    /// Replaces the model; the answer follows when it serves, or when it is sure that it will not.
    func reload(_ exchange: Exchange, _ call: Call) throws(ServiceError) {
        try checkReadiness()
        reloader.reload { [self] result in
            switch result {
            case .success(let model):
                respond(
                    exchange, call,
                    .json {
                        $0.key("status", "reloaded")
                        $0.key("model") { $0.value(model) }
                    })
            case .failure(.busy): respond(exchange, call, .refused(.reloading, id: call.id))
            case .failure(.unusable(let reason)):
                respond(exchange, call, .refused(.unusableModel(reason), id: call.id))
            }
        }
    }
}

extension Outcome {
    fileprivate static func options(_ methods: [String]) -> Outcome {
        Outcome(
            response: Response(status: 204, fields: ["Allow": methods.joined(separator: ", ")]))
    }
}
