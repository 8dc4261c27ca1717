internal import Batching
internal import Detection
internal import HTTPServer
internal import Imaging

extension Service {
    /// Puts the pictures of a `POST /detect` in line.
    ///
    /// - Throws: what keeps them from it; else the answer follows when they are done.
    func detect(_ exchange: Exchange, _ call: Call) throws(ServiceError) {
        let head = exchange.head
        try checkWarmth()
        let model = queue.serving
        let timeout = try RequestTimeout.read(head.fields, standard: settings.timeout)
        let deadline = ContinuousClock.now + timeout
        // The first place is taken before the body is looked at; all are held before a header is read.
        var places = [try Place(in: queue, startBy: deadline, behind: 0)]
        var loads = [try load(exchange.body.count)]
        let form = try DetectBody.form(of: head)
        let body = try DetectBody.read(
            exchange.body, as: form, picturesMax: settings.picturesMax)
        loads.append(try load(body.bytesBeside(form)))
        let options = try options(head, body, for: model)
        while places.count < body.pictures.count {
            places.append(try Place(in: queue, startBy: deadline, behind: places.count))
        }

        let names = body.placeNames
        var letterboxes: [Letterbox] = []
        for (picture, name) in zip(body.pictures, names) {
            do { letterboxes.append(try model.letterbox(for: picture.bytes)) } catch {
                throw .picture(error, place: name)
            }
        }

        let answers = AnswerSheet(count: body.pictures.count)
        for (index, picture) in body.pictures.enumerated() {
            queue.submit(
                picture.bytes, to: model, letterbox: letterboxes[index], options: options,
                position: index, ticket: places[index].takeTicket(),
                cancellation: {
                    if exchange.isAbandoned { return .clientGone }
                    if answers.isClosed { return .requestFailed }
                    return .now > deadline ? .deadline : nil
                },
                finish: { [self, loads] result in
                    let result = result.mapError { ServiceError($0, place: names[index]) }
                    guard let all = answers.enter(result, at: index) else { return }
                    switch all {
                    case .success(let predictions):
                        // Before the client can ask again.
                        for load in loads { load.giveBack() }
                        respond(
                            exchange, call, .found(predictions, by: model.identity, id: call.id))
                    case .failure(let error):
                        respond(exchange, call, .refused(error, id: call.id))
                    }
                })
        }
    }

    private func load(_ bytes: Int) throws(ServiceError) -> Load {
        do { return try queue.hold(bytes: bytes) } catch { throw .overloaded(error) }
    }

    private func options(
        _ head: RequestHead, _ body: DetectBody, for model: ServingModel
    ) throws(ServiceError) -> PredictionOptions {
        let detection = try OptionReader(model: model.identity.description).read(
            query: head.query.map { ($0.name, .text($0.value)) }, body: body.options,
            defaults: settings.defaults(model.identity.description))
        let isAnnotated = AcceptedReply(accept: head.fields.list("Accept")) == .jpeg
        guard !isAnnotated || body.pictures.count == 1 else { throw .annotationOfSeveral }
        return PredictionOptions(detection: detection, isAnnotated: isAnnotated)
    }
}
