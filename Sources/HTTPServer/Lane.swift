internal import Dispatch
internal import Locks

/// A serial queue and the connections it serves.
///
/// Connections are spread over a few lanes and stay there. So no two threads meet at a connection,
/// and no lock lies on the way of a request; answers come to the lane's letterbox, for its poller's thread to
/// take out.
///
/// `@unchecked Sendable`: every stored variable is touched only on `queue`. Each internal function goes there
/// first; each private one checks that it is there, or is called from one that does.
final class Lane: @unchecked Sendable {
    private let queue: DispatchQueue
    private let timer: any DispatchSourceTimer
    /// Tells of this lane's sockets.
    let poller: Poller
    private let occupancy: Occupancy
    private let bodyBudget: BodyBudget
    private let limits: Limits
    private let handler: any Handler

    private var connections: [UInt64: Connection] = [:]
    private var desk = Desk()
    private var alarmAt: ContinuousClock.Instant?
    private var isDraining = false
    /// Answers that were given on this queue, in a turn that still goes on.
    private var given: [(key: UInt64, response: Response)] = []
    private var isTurning = false
    /// Answers that were given on other threads.
    private let letters = Guarded<[(key: UInt64, response: Response)]>([])

    init(
        number: Int, limits: Limits, handler: any Handler, poller: Poller, occupancy: Occupancy,
        bodyBudget: BodyBudget
    ) {
        self.limits = limits
        self.handler = handler
        self.poller = poller
        self.occupancy = occupancy
        self.bodyBudget = bodyBudget
        queue = DispatchQueue(label: "http.lane.\(number)")
        timer = DispatchSource.makeTimerSource(queue: queue)
        timer.setEventHandler { [weak self] in self?.checkDeadlines() }
        timer.activate()
        queue.setSpecific(key: Self.current, value: ObjectIdentifier(self))
    }

    deinit { timer.cancel() }

    /// Serves a new client, or tells it that there are too many.
    func adopt(
        _ socket: Socket, from client: ClientAddress, under tls: TLSContext?, key: UInt64,
        _ verdict: Occupancy.Verdict
    ) {
        queue.async { [self] in
            let now = ContinuousClock.now
            let refusal: Refusal? =
                switch verdict {
                case .turnAway(isClients: true):
                    .tooManyOfClient(limits.connectionsPerClientMax)
                case .turnAway(isClients: false): .tooManyConnections(limits.connectionsMax)
                case .serve, .drop: nil
                }
            var conversation = Conversation(
                limits: limits, bodyShare: bodyBudget.share(of: client), isSecured: tls != nil,
                refusal: refusal,
                at: now)
            if isDraining { conversation.drain(at: now) }
            guard let transport = Transport(socket, under: tls),
                poller.add(socket.number, key: key)
            else {
                occupancy.leave(verdict, of: client)
                return
            }
            let connection = Connection(
                key: key, client: client, verdict: verdict, transport: transport,
                conversation: conversation)
            connections[key] = connection
            turn(connection, at: now)
        }
    }

    /// Takes events of this lane's connections, and answers; for its poller's thread.
    ///
    /// That thread does the work itself, as long as nobody else is at it: handing it to another one
    /// would cost more than a small request does.
    func deliver(_ events: [Poller.Event]) {
        queue.sync {
            let now = ContinuousClock.now
            for (key, response) in takeLetters() { settle(response, on: key) }
            for event in events {
                // None: an event of a connection that was closed meanwhile.
                guard let connection = connections[event.key] else { continue }
                connection.take(event)
                turn(connection, at: now)
            }
        }
    }

    /// Closes what is idle, soon, and the others behind their next answer.
    func drain() {
        queue.async { [self] in
            isDraining = true
            changeAll { $0.drain(at: $1) }
        }
    }

    /// Closes all connections now.
    func closeAll() {
        queue.async { [self] in
            for connection in connections.values {
                connection.abandon()
                occupancy.leave(
                    connection.verdict, of: connection.client,
                    isAbandoned: connection.conversation.isServing)
            }
            connections = [:]
        }
    }

    /// Whose queue runs.
    private static let current = DispatchSpecificKey<ObjectIdentifier>()

    private func answer(_ response: Response, on key: UInt64) {
        if DispatchQueue.getSpecific(key: Self.current) == ObjectIdentifier(self), isTurning {
            given.append((key, response))
        } else {
            let isFirst = letters.withLock { letters in
                letters.append((key, response))
                return letters.count == 1
            }
            if isFirst { poller.ring() }
        }
    }

    private func takeLetters() -> [(key: UInt64, response: Response)] {
        letters.withLock { letters in
            defer { letters = [] }
            return letters
        }
    }

    private func settle(_ response: Response, on key: UInt64) {
        // None: the client has gone.
        guard let connection = connections[key] else { return }
        connection.change { $0.answer(response) }
        turn(connection, at: .now)
    }

    private func checkDeadlines() {
        alarmAt = nil
        changeAll { $0.elapsed(at: $1) }
    }

    private func changeAll(_ change: (inout Conversation, ContinuousClock.Instant) -> Void) {
        let now = ContinuousClock.now
        for connection in Array(connections.values) {
            connection.change { change(&$0, now) }
            turn(connection, at: now)
        }
    }

    /// Does what can be done for a connection, and sends what its request was answered meanwhile.
    ///
    /// Of a client that pipelines, the requests behind it are for other turns, so that others get theirs.
    private func turn(_ connection: Connection, at now: ContinuousClock.Instant) {
        isTurning = true
        step(connection, at: now)
        if let (key, response) = given.last, key == connection.key {
            given.removeLast()
            connection.change { $0.answer(response) }
            step(connection, at: now)
        }
        isTurning = false
        while let (key, response) = given.popLast() {
            queue.async { [self] in settle(response, on: key) }
        }
    }

    private func step(_ connection: Connection, at now: ContinuousClock.Instant) {
        dispatchPrecondition(condition: .onQueue(queue))
        // An answer that comes behind the server's end goes nowhere, and keeps nothing alive.
        let service = Connection.Service(limits: limits, handler: handler) { key in
            { [weak self] response in self?.answer(response, on: key) }
        }
        switch connection.turn(service, &desk, at: now) {
        case .waiting: break
        case .unfinished: resume(connection.key)
        case .closed:
            connections[connection.key] = nil
            occupancy.leave(connection.verdict, of: connection.client)
            return
        }
        if let deadline = connection.conversation.deadline { wake(at: deadline, now: now) }
    }

    private func resume(_ key: UInt64) {
        queue.async { [self] in
            if let connection = connections[key] { turn(connection, at: .now) }
        }
    }

    /// One alarm for all: it rings for the earliest deadline, looks at every connection (there are
    /// few enough) and is set anew.
    ///
    /// Deadlines that were put off leave it as it is.
    private func wake(at deadline: ContinuousClock.Instant, now: ContinuousClock.Instant) {
        if let alarmAt, alarmAt <= deadline { return }
        alarmAt = deadline
        let (seconds, attoseconds) = max(deadline - now, .zero).components
        // Rounded up, so that the deadline has passed when it rings.
        let nanoseconds =
            Int(clamping: seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000) + 1
        timer.schedule(deadline: .now() + .nanoseconds(nanoseconds))
    }
}
