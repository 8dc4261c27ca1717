internal import Dispatch
internal import Glibc
internal import Synchronization

/// Answers HTTP/1.1 on a socket.
///
/// The way of a request: ``Listener`` accepts a client and gives it to a ``Lane``.
/// Its ``Poller`` tells it when bytes have come; ``Connection`` reads them; ``Conversation`` decides
/// what they mean, with ``RequestParser`` and ``ChunkedDecoder``. The ``Handler`` admits the head, gets the
/// whole request as an ``Exchange``, and answers it from any thread, which then sends the answer, too.
///
/// A stranger can make nothing longer than ``Limits`` say.
package final class Server: Sendable {
    private let listener: Listener
    private let lanes: [Lane]
    private let occupancy: Occupancy
    private let bodyBudget: BodyBudget
    private let isSecured: Bool
    private let isStarted = Atomic(false)

    /// The bound port, which differs from the asked one when that was 0.
    package let port: UInt16

    /// Binds and listens; no connection is accepted before ``start()``.
    ///
    /// - Parameters:
    ///   - host: a name or an address of this machine; `::` is every address, IPv4 too.
    ///   - port: 0 for any free one.
    ///   - tls: certificates, for HTTPS.
    ///   - limits: what one client may cost.
    ///   - laneCount: groups of connections, at least 1; each has a thread that reads what comes.
    ///   - handler: what answers.
    /// - Throws: when the host or the port cannot be had.
    package init(
        host: String, port: UInt16, tls: TLSContext? = nil, limits: Limits = Limits(),
        laneCount: Int = 1, handler: any Handler
    ) throws(ServerError) {
        precondition(laneCount > 0)
        let socket = try ListeningSocket(host: host, port: port, backlogMax: limits.backlogMax)
        let occupancy = Occupancy(limits: limits)
        let bodyBudget = BodyBudget(
            bytesMax: limits.bodiesBytesMax, bytesPerClientMax: limits.bodiesBytesPerClientMax)
        let lanes = (0..<laneCount).compactMap { _ in
            Poller().map { poller in
                Lane(
                    limits: limits, handler: handler, poller: poller,
                    occupancy: occupancy, bodyBudget: bodyBudget)
            }
        }
        guard lanes.count == laneCount,
            lanes[0].poller.add(socket.number, key: Listener.key)
        else {
            throw .cannotListen(host: host, port: port, reason: "epoll has no room left")
        }
        self.port = socket.port
        isSecured = tls != nil
        self.occupancy = occupancy
        self.bodyBudget = bodyBudget
        self.lanes = lanes
        listener = Listener(
            socket, tls: tls, lanes: lanes, occupancy: occupancy, limits: limits)
    }

    /// Serves those who connect from now on under other certificates, and asks their clients by other rules.
    ///
    /// Connections that are open keep what they began with; tickets of before are worth nothing, so
    /// that a client is looked at anew. Only for a server that began with TLS.
    package func use(_ tls: TLSContext) {
        precondition(isSecured, "a port of plain HTTP stays one")
        listener.use(tls)
    }

    /// Connections open now.
    package var connectionCount: Int { occupancy.count }

    /// Bytes of bodies that have come and are not whole yet, over all connections.
    var bodyBytesTaken: Int { bodyBudget.bytesTaken }

    /// Begins to accept.
    ///
    /// Once; later calls do nothing. The server now stays alive by itself, until it is drained.
    package func start() {
        guard !isStarted.exchange(true, ordering: .relaxed) else { return }
        listener.open()
        for lane in lanes {
            DispatchQueue(label: "http.poller").async { [self] in
                lane.poller.run { events in
                    if events.contains(where: { $0.key == Listener.key }) { listener.accept() }
                    lane.deliver(events)
                }
            }
        }
    }

    /// Stops accepting, lets every request that was begun be answered with `Connection: close`,
    /// closes idle connections, and calls `completion` once when none is left or `grace` is over.
    ///
    /// Clients that had connected before are served too, and an idle connection may still bring a request for
    /// ``Limits/drainIdleTime``. `completion` is called on some thread and told how
    /// many requests were cut off.
    package func drain(
        grace: Duration, completion: @escaping @Sendable (_ abandonedRequests: Int) -> Void
    ) {
        // The server stays until the drain is over.
        occupancy.whenEmpty { [self] abandoned in
            for lane in lanes { lane.poller.stop() }
            completion(abandoned)
        }
        listener.close { [self] in
            for lane in lanes { lane.drain() }
            occupancy.closeToNew()
        }
        listener.queue.asyncAfter(deadline: .now() + grace.seconds) { [lanes] in
            for lane in lanes { lane.closeAll() }
        }
    }
}

/// Why a server cannot listen.
package enum ServerError: Error, Equatable {
    /// `host` is no address of this machine.
    case unknownHost(String)
    /// The port is taken, or needs a right this process lacks; `errno` and its words.
    case cannotListen(host: String, port: UInt16, reason: String)
}
