internal import HTTPServer

/// Who may do what: by the door a request comes in, and the key it shows.
///
/// - Health, readiness, the contract and `OPTIONS` are for everyone.
/// - `/detect` and `/version` are for clients: whoever shows a key, or anyone where there are no keys.
/// - `/metrics` and `/models/reload` are for administrators: who comes in by the administrators' door, where
///   there is one; else who shows a key that says so. Where there is neither door nor key, anyone may read
///   the metrics, and reload a server that only this machine can reach.
struct Access: Sendable {
    /// None where anyone is served.
    var keys: KeyRing?
    /// Whether administrators have a door of their own.
    var hasAdministratorsDoor = false
    /// Whether only this machine can reach the service.
    var isLocal = true

    init(keys: KeyRing? = nil, hasAdministratorsDoor: Bool = false, isLocal: Bool = true) {
        self.keys = keys
        self.hasAdministratorsDoor = hasAdministratorsDoor
        self.isLocal = isLocal
    }

    /// Where requests come in.
    enum Door: Sendable {
        case main, administrators
    }

    /// Whether a request may pass.
    ///
    /// - Throws: why not: 401 without a key, 403 with the wrong one, 404 at the wrong door.
    func check(_ head: RequestHead, for route: Route, at door: Door) throws(ServiceError) {
        guard head.method != "OPTIONS" else { return }
        switch (door, route.audience) {
        case (_, .everyone), (.administrators, .administrators): return
        case (.administrators, .clients): throw .noSuchPath(head.path)
        case (.main, .clients):
            if let keys { _ = try holder(head, keys) }
        case (.main, .administrators):
            guard !hasAdministratorsDoor else { throw .noSuchPath(head.path) }
            if let keys {
                guard try holder(head, keys).isAdministrator else { throw .forbidden }
            } else if route == .reload, !isLocal {
                throw .administrationClosed
            }
        }
    }

    /// Whose key a request shows, for the log.
    func holderName(_ head: RequestHead) -> String? {
        guard let keys, let key = Self.key(head) else { return nil }
        return keys.holder(of: key)?.name
    }

    private func holder(
        _ head: RequestHead, _ keys: KeyRing
    ) throws(ServiceError) -> APIKeys.Holder {
        guard let key = Self.key(head) else { throw .unauthorized(isWrong: false) }
        guard let holder = keys.holder(of: key) else { throw .unauthorized(isWrong: true) }
        return holder
    }

    /// The key of `Authorization: Bearer` (RFC 6750 §2.1), or else of `X-API-Key`.
    private static func key(_ head: RequestHead) -> String? {
        if let text = head.fields["Authorization"] {
            let parts = text.split(separator: " ")
            if parts.count == 2, parts[0].lowercased() == "bearer" { return String(parts[1]) }
        }
        return head.fields["X-API-Key"]
    }
}

extension Route {
    fileprivate enum Audience {
        case everyone, clients, administrators
    }

    fileprivate var audience: Audience {
        switch self {
        case .root, .health, .readiness, .openAPI: .everyone
        case .detect, .version: .clients
        case .metrics, .reload: .administrators
        }
    }
}
