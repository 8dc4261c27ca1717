/// Answers HTTP/1.1 on a socket.
package final class Server: Sendable {
    /// Binds and listens; no connection is accepted before ``start()``.
    package init(
        host: String, port: UInt16, limits: Limits = Limits(), handler: any Handler
    ) throws(ServerError) {
        fatalError("stub")
    }

    /// The bound port, which differs from the asked one when that was 0.
    package var port: UInt16 { fatalError("stub") }

    /// Begins to accept.
    package func start() { fatalError("stub") }

    /// Stops accepting, lets every request that was begun be answered with `Connection: close`,
    /// closes idle connections, and calls `completion` once when none is left or `grace` is over.
    package func drain(
        grace: Duration, completion: @escaping @Sendable (_ abandonedRequests: Int) -> Void
    ) { fatalError("stub") }

    /// Connections open now.
    package var connectionCount: Int { fatalError("stub") }
}

/// Why a server cannot listen.
package enum ServerError: Error, Equatable {
    /// `host` is no address of this machine.
    case unknownHost(String)
    /// The port is taken, or needs a right this process lacks; `errno` and its words.
    case cannotListen(host: String, port: UInt16, reason: String)
}
