internal import HTTPServer

/// The paths that are served.
enum Route: String, CaseIterable {
    case root = "/"
    case detect = "/detect"
    case health = "/healthz"
    case readiness = "/readyz"
    case metrics = "/metrics"
    case version = "/version"
    case reload = "/models/reload"
    case openAPI = "/openapi.yaml"

    /// What may be done there; `OPTIONS` may be asked of any.
    var methods: [String] {
        switch self {
        case .detect, .reload: ["POST", "OPTIONS"]
        default: ["GET", "HEAD", "OPTIONS"]
        }
    }

    /// The route of a request.
    ///
    /// - Throws: for a path that is none, or a method it does not have.
    static func find(_ head: RequestHead) throws(ServiceError) -> Route {
        guard let route = Route(rawValue: head.path) else { throw .noSuchPath(head.path) }
        guard route.methods.contains(head.method) else {
            throw .methodNotAllowed(head.method, allowed: route.methods)
        }
        return route
    }
}
