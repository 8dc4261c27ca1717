internal import HTTPServer

/// The service as those see it who run it: health, metrics, reload, but no pictures.
struct AdministratorsDoor: Handler {
    let service: Service

    func admit(_ head: RequestHead) -> Admission { service.admit(head, at: .administrators) }

    func handle(_ exchange: Exchange) { service.handle(exchange, at: .administrators) }

    func response(to refusal: Refusal, head: RequestHead?) -> Response {
        service.response(to: refusal, head: head)
    }
}
