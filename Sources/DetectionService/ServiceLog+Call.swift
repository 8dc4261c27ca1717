internal import HTTPServer

extension ServiceLog {
    /// A request and its answer: who, what, how long; never what is on the picture.
    func note(_ call: Call, _ outcome: Outcome) {
        note(level(of: call, outcome)) { json in
            json.key("request_id", call.id)
            if let head = call.head {
                json.key("method", head.method.prefixOfLine)
                // Without the query: it is the client's own business.
                json.key("path", head.path.prefixOfLine)
            }
            json.key("status", outcome.response.status)
            json.key("ms", (ContinuousClock.now - call.receivedAt).milliseconds)
            json.key("bytes_in", call.bodyBytes)
            json.key("bytes_out", outcome.response.body.count)
            if let problem = outcome.problem {
                json.key("code", problem.code)
                json.key("detail", outcome.privateWords ?? problem.detail)
            }
            if !outcome.predictions.isEmpty {
                json.key("images", outcome.predictions.count)
                json.key(
                    "detections", outcome.predictions.reduce(0) { $0 + $1.detections.count })
            }
            if let only = outcome.predictions.first, outcome.predictions.count == 1 {
                json.key("batch_size", only.batchSize)
                for (stage, duration) in only.timing.stages {
                    json.key("\(stage)_ms", duration.milliseconds)
                }
            }
        }
    }

    /// Probes come every few seconds and say nothing.
    private func level(of call: Call, _ outcome: Outcome) -> LogLevel {
        switch call.route {
        case .health, .readiness, .metrics: .debug
        default: outcome.problem?.level ?? .info
        }
    }
}

extension String {
    fileprivate var prefixOfLine: String { String(prefix(256)) }
}
