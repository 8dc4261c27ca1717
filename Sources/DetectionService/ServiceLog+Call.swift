internal import HTTPServer

extension ServiceLog {
    /// A request and its answer: who, what, how long; never what is on the picture.
    ///
    /// Of what the client wrote, the log holds the method, the path and the ids it gave. The query, the
    /// fields and the words of a refusal, which may quote them, are the client's own business: the code
    /// says what was wrong.
    func note(_ call: Call, _ outcome: Outcome) {
        note(level(of: call, outcome)) { line in
            line.add("request_id", call.id)
            if let trace = call.trace {
                line.add("trace_id", trace.traceID)
                line.add("parent_id", trace.parentID)
            }
            if let holder = call.holder { line.add("client", holder) }
            if let head = call.head {
                line.add("method", head.method.prefixOfLine)
                line.add("path", head.path.prefixOfLine)
            }
            line.add("status", outcome.response.status)
            line.add("ms", ContinuousClock.now - call.receivedAt)
            line.add("bytes_in", call.bodyBytes)
            line.add("bytes_out", outcome.response.body.count)
            if let problem = outcome.problem { line.add("code", problem.code) }
            if let words = outcome.privateWords { line.add("detail", words) }
            if !outcome.predictions.isEmpty {
                line.add("images", outcome.predictions.count)
                line.add(
                    "detections", outcome.predictions.reduce(0) { $0 + $1.detections.count })
            }
            if let only = outcome.predictions.first, outcome.predictions.count == 1 {
                line.add("batch_size", only.batchSize)
                for (stage, duration) in only.timing.stages {
                    line.add("\(stage)_ms", duration)
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
    fileprivate var prefixOfLine: String { utf8.count <= 256 ? self : String(prefix(256)) }
}
