internal import HTTPServer
internal import Inference
internal import Synchronization

extension Service {
    /// Answers a request that needs no worker.
    func answer(_ head: RequestHead) throws(ServiceError) -> Outcome {
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
        return metrics.page(
            at: Metrics.Moment(
                isReady: stage.load(ordering: .relaxed) == .ready, waiting: depth.waiting,
                running: depth.running, bytesHeld: queue.bytesHeld,
                expectedWait: queue.expectedWait,
                connections: connections, workers: settings.about.workers,
                cpus: settings.about.cpus, process: .live,
                model: [
                    ("model", queue.model.name), ("model_version", queue.model.version),
                    ("precision", settings.about.precision.precision.rawValue),
                    ("isa", settings.about.isa), ("shape", settings.about.shape),
                ]))
    }
}

extension Outcome {
    fileprivate static func options(_ methods: [String]) -> Outcome {
        Outcome(
            response: Response(status: 204, fields: ["Allow": methods.joined(separator: ", ")]))
    }
}
