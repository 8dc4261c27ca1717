internal import Dispatch

/// Some of the server's connections, and all that happens to them, one thing after another.
///
/// DESIGN. Connections are spread over one lane or a few, and stay there. What is to happen to one comes as a letter:
/// bytes can be read, a request is answered, time is over. Whoever brings a letter while nobody is at the
/// lane sees to it, and to those that come meanwhile; whoever finds somebody there leaves it and goes. So
/// no two threads meet at a connection, none waits for another, and none is woken where one is awake already:
/// a poller's thread reads a request, and the worker that has worked on it sends its answer.
///
/// `@unchecked Sendable`: every variable is touched by the mailbox's reader only, in ``open(_:)`` and in what
/// that calls.
final class Lane: @unchecked Sendable {
    /// Tells of this lane's sockets.
    let poller: Poller
    private let occupancy: Occupancy
    private let bodyBudget: BodyBudget
    private let limits: Limits
    private let handler: any Handler
    private let timer: any DispatchSourceTimer
    private let mailbox = Mailbox<Letter>()

    private var connections: [UInt64: Connection] = [:]
    private var desk = Desk()
    private var alarmAt: ContinuousClock.Instant?
    private var isDraining = false

    /// What is to happen.
    private enum Letter {
        case client(Client)
        case events([Poller.Event])
        case answer(Response, key: UInt64)
        /// The connection has more to do than it could in its turn.
        case rest(key: UInt64)
        case alarm
        case drain
        case end

        /// How many turns it stands for.
        var turns: Int {
            if case .events(let events) = self { events.count } else { 1 }
        }
    }

    /// Somebody who has connected.
    struct Client {
        let socket: Socket
        let address: ClientAddress
        /// For who is served under TLS.
        let tls: TLSContext?
        let verdict: Occupancy.Verdict
        /// The connection's own for ever.
        let key: UInt64
    }

    /// A second round is for answers that were given at once; then the sockets are next.
    private static let roundsMax = 2
    /// Turns of connections that who brings an answer may be kept for.
    ///
    /// Its own, and a few that came meanwhile: it has pictures to work on, and the rest goes to the poller.
    private static let visitorsTurnsMax = 8

    init(
        limits: Limits, handler: any Handler, poller: Poller, occupancy: Occupancy,
        bodyBudget: BodyBudget
    ) {
        self.limits = limits
        self.handler = handler
        self.poller = poller
        self.occupancy = occupancy
        self.bodyBudget = bodyBudget
        timer = DispatchSource.makeTimerSource()
        timer.setEventHandler { [weak self] in self?.post(.alarm) }
        timer.activate()
    }

    deinit { timer.cancel() }

    /// Serves a new client, or tells it that there are too many.
    ///
    /// The poller's thread begins with it: who accepts goes on accepting.
    func adopt(_ client: Client) { post(.client(client), turnsMax: 0) }

    /// Takes events of this lane's connections; with none, it sees to what others have left.
    func deliver(_ events: [Poller.Event]) { post(.events(events)) }

    /// Closes what is idle, soon, and the others behind their next answer.
    func drain() { post(.drain) }

    /// Closes all connections now.
    func closeAll() { post(.end) }

    /// Brings a letter; where nobody is at the lane, sees to it and to others, for about so many turns at most.
    private func post(_ letter: Letter, turnsMax: Int = .max) {
        guard mailbox.put(letter) else { return }
        var turnsLeft = turnsMax
        for _ in 0..<Self.roundsMax where turnsLeft > 0 {
            let letters = mailbox.take()
            guard !letters.isEmpty else { return }
            for (index, letter) in letters.enumerated() {
                guard letter.turns <= turnsLeft else { return leave(letters[index...]) }
                open(letter)
                turnsLeft -= letter.turns
            }
        }
        leave([])
    }

    private func leave(_ rest: ArraySlice<Letter>) { if mailbox.leave(rest) { poller.ring() } }

    private func open(_ letter: Letter) {
        switch letter {
        case .client(let client): begin(client)
        case .events(let events):
            for event in events {
                // None: an event of a connection that was closed meanwhile.
                guard let connection = connections[event.key] else { continue }
                connection.take(event)
                turn(connection)
            }
        case .answer(let response, let key):
            // None: the client has gone.
            guard let connection = connections[key] else { return }
            connection.change { $0.answer(response) }
            turn(connection)
        case .rest(let key):
            if let connection = connections[key] { turn(connection) }
        case .alarm:
            alarmAt = nil
            changeAll { $0.elapsed(at: $1) }
        case .drain:
            isDraining = true
            changeAll { $0.drain(at: $1) }
        case .end: end()
        }
    }

    private func begin(_ client: Client) {
        let now = ContinuousClock.now
        let refusal: Refusal? =
            switch client.verdict {
            case .turnAway(isClients: true): .tooManyOfClient(limits.connectionsPerClientMax)
            case .turnAway(isClients: false): .tooManyConnections(limits.connectionsMax)
            case .serve, .drop: nil
            }
        var conversation = Conversation(
            limits: limits, bodyShare: bodyBudget.share(of: client.address),
            isSecured: client.tls != nil, refusal: refusal, at: now)
        if isDraining { conversation.drain(at: now) }
        guard let transport = Transport(client.socket, under: client.tls),
            poller.add(client.socket.number, key: client.key)
        else {
            occupancy.leave(client.verdict, of: client.address)
            return
        }
        let connection = Connection(
            key: client.key, client: client.address, verdict: client.verdict, transport: transport,
            conversation: conversation)
        connections[client.key] = connection
        turn(connection)
    }

    private func end() {
        for connection in connections.values {
            connection.abandon()
            occupancy.leave(
                connection.verdict, of: connection.client,
                isAbandoned: connection.conversation.isServing)
        }
        connections = [:]
    }

    private func changeAll(_ change: (inout Conversation, ContinuousClock.Instant) -> Void) {
        let now = ContinuousClock.now
        for connection in Array(connections.values) {
            connection.change { change(&$0, now) }
            turn(connection)
        }
    }

    /// Does what can be done for a connection now.
    private func turn(_ connection: Connection) {
        // An answer that comes behind the server's end goes nowhere, and keeps nothing alive.
        let service = Connection.Service(limits: limits, handler: handler) { key in
            { [weak self] response in
                self?.post(.answer(response, key: key), turnsMax: Self.visitorsTurnsMax)
            }
        }
        switch connection.turn(service, &desk) {
        case .waiting: break
        case .unfinished: post(.rest(key: connection.key))
        case .closed:
            connections[connection.key] = nil
            occupancy.leave(connection.verdict, of: connection.client)
            return
        }
        if let deadline = connection.conversation.deadline { wake(at: deadline) }
    }

    /// One alarm for all: it rings for the earliest deadline, looks at every connection (there are
    /// few enough) and is set anew.
    ///
    /// Deadlines that were put off leave it as it is.
    private func wake(at deadline: ContinuousClock.Instant) {
        if let alarmAt, alarmAt <= deadline { return }
        alarmAt = deadline
        let (seconds, attoseconds) = max(deadline - .now, .zero).components
        // Rounded up, so that the deadline has passed when it rings.
        let nanoseconds =
            Int(clamping: seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000) + 1
        timer.schedule(deadline: .now() + .nanoseconds(nanoseconds))
    }
}
