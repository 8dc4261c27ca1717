internal import HTTPServer

/// A request on its way through the service: what it is called, and what the log will say of it.
struct Call: Sendable {
    let id: String
    let head: RequestHead?
    /// Where it belongs in the client's trace, if it says so.
    let trace: TraceContext?
    let receivedAt: ContinuousClock.Instant
    var bodyBytes = 0
    /// Whose key it shows.
    var holder: String?
    /// Where it goes; nil for a path that is none.
    let route: Route?

    /// A call that begins; `head` is nil where the server understood none.
    init(_ head: RequestHead?, receivedAt: ContinuousClock.Instant = .now, bodyBytes: Int = 0) {
        id = RequestID.make(asked: head?.fields["X-Request-Id"])
        self.head = head
        route = head.flatMap { Route(rawValue: $0.path) }
        trace = head.flatMap { TraceContext($0.fields) }
        self.receivedAt = receivedAt
        self.bodyBytes = bodyBytes
    }
}

/// What becomes of a call.
struct Outcome: Sendable {
    var response: Response
    var problem: Problem?
    /// For the log alone.
    var privateWords: String?
    var predictions: [Prediction] = []
}

extension Outcome {
    /// JSON that says something is well.
    static func json(_ members: (inout JSONWriter) -> Void) -> Outcome {
        var json = JSONWriter()
        json.object(members)
        return Outcome(response: .content(json.bytes, type: "application/json"))
    }

    /// What was found, as JSON or, where it was drawn, as a picture.
    static func found(_ predictions: [Prediction], by model: ModelIdentity, id: String) -> Outcome {
        var response: Response
        if let only = predictions.first, predictions.count == 1 {
            if let jpeg = only.annotatedJPEG {
                response = .content(jpeg, type: "image/jpeg")
                response.fields.add("X-Detections", "\(only.detections.count)")
                response.fields.add("X-Batch-Size", "\(only.batchSize)")
            } else {
                let json = DetectReply.json(id: id, model: model, prediction: only)
                response = .content(json, type: "application/json")
            }
        } else {
            let json = DetectReply.json(id: id, model: model, predictions: predictions)
            response = .content(json, type: "application/json")
        }
        response.fields.add("Vary", "Accept")
        return Outcome(response: response, predictions: predictions)
    }

    /// The refusal of a call (RFC 9457).
    ///
    /// The type is `about:blank`, so the title is the status's own phrase; programs go by `code`.
    static func refused(_ error: ServiceError, id: String) -> Outcome {
        let problem = error.problem
        var json = JSONWriter()
        json.object {
            $0.key("type", "about:blank")
            $0.key("title", problem.title)
            $0.key("status", problem.status)
            $0.key("detail", problem.detail)
            $0.key("code", problem.code)
            $0.key("request_id", id)
        }
        var response = Response.content(
            json.bytes, type: "application/problem+json", status: problem.status)
        for field in problem.fields.all { response.fields.add(field.name, field.value) }
        var outcome = Outcome(response: response, problem: problem)
        if case .failed(let words) = error { outcome.privateWords = words }
        return outcome
    }
}

extension Response {
    /// Content of a type.
    static func content(_ body: [UInt8], type: String, status: Int = 200) -> Response {
        Response(status: status, fields: ["Content-Type": type], body: body)
    }
}

extension Problem {
    /// The status's phrase; 499 has one among proxies only.
    var title: String { status == 499 ? "Client Closed Request" : Response.phrase(of: status) }
}
