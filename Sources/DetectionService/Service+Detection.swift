internal import Detection
internal import HTTPServer
internal import Imaging

extension Service {
    /// Puts the pictures of a `POST /detect` in line; false for any other request.
    func detectLater(_ exchange: Exchange, _ call: Call) throws(ServiceError) -> Bool {
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
                cancellation: {
                    exchange.isAbandoned ? .clientGone : answers.isClosed ? .requestFailed : nil
                },
                finish: { [self] result in
                    let result = result.mapError { ServiceError($0, place: names[index]) }
                    guard let all = answers.enter(result, at: index) else { return }
                    switch all {
                    case .success(let predictions):
                        respond(
                            exchange, call, .found(predictions, by: queue.model, id: call.id))
                    case .failure(let error):
                        respond(exchange, call, .refused(error, id: call.id))
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
}
