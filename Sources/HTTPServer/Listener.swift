internal import Dispatch

/// Accepts clients and deals them out to the lanes.
///
/// `@unchecked Sendable`: every stored variable is touched only on `queue`; each internal function goes there
/// first.
final class Listener: @unchecked Sendable {
    /// The poller's key of the listening socket; connections have higher ones.
    static let key: UInt64 = 0

    /// Clients accepted in one turn, so that a flood of them does not keep a drain from beginning.
    private static let turnMax = 64

    let queue = DispatchQueue(label: "http.listener")
    private let lanes: [Lane]
    private let occupancy: Occupancy
    private let limits: Limits
    private var socket: ListeningSocket?
    private var tls: TLSContext?
    private var ticketKeyMadeAt = ContinuousClock.now
    private var lastKey = Listener.key
    private var isOpen = false
    private var isPaused = false

    init(
        _ socket: ListeningSocket, tls: TLSContext?, lanes: [Lane], occupancy: Occupancy,
        limits: Limits
    ) {
        self.socket = socket
        self.tls = tls
        self.lanes = lanes
        self.occupancy = occupancy
        self.limits = limits
    }

    /// The lane that serves the connection of that key.
    static func lane(of key: UInt64, count: Int) -> Int { Int(key % UInt64(count)) }

    /// Begins to accept.
    func open() {
        queue.async { [self] in isOpen = true }
        accept()
    }

    /// Serves those who connect from now on under other certificates.
    func use(_ tls: TLSContext) {
        queue.async { [self] in
            self.tls = tls
            ticketKeyMadeAt = .now
        }
    }

    /// Replaces a ticket key that is too old; a millisecond, twice a day.
    private func refreshTicketKey() {
        guard let tls, ContinuousClock.now - ticketKeyMadeAt >= limits.ticketKeyTime,
            let fresh = tls.withFreshTicketKeys()
        else { return }
        self.tls = fresh
        ticketKeyMadeAt = .now
    }

    /// Accepts whoever waits.
    func accept() {
        queue.async { [self] in
            guard !isPaused else { return }
            switch acceptSome() {
            case .more: accept()
            case .none: break
            case .exhausted:
                // The poller tells of a waiting client once: so it is asked again by the clock.
                isPaused = true
                queue.asyncAfter(deadline: .now() + limits.acceptPause.seconds) { [self] in
                    isPaused = false
                    accept()
                }
            }
        }
    }

    /// Accepts those who connected before, then closes the port.
    func close(_ done: @escaping @Sendable () -> Void) {
        queue.async { [self] in
            while acceptSome() == .more {}
            socket = nil
            done()
        }
    }

    private enum Outcome { case more, none, exhausted }

    private func acceptSome() -> Outcome {
        guard isOpen, let socket else { return .none }
        for _ in 0..<Self.turnMax {
            switch socket.accept() {
            case .socket(let socket, let client): deal(socket, client)
            case .nobody: return .none
            case .lost: continue
            case .exhausted: return .exhausted
            }
        }
        return .more
    }

    private func deal(_ socket: Socket, _ client: ClientAddress) {
        let verdict = occupancy.enter(client)
        guard verdict != .drop else { return }
        refreshTicketKey()
        lastKey += 1
        lanes[Self.lane(of: lastKey, count: lanes.count)].adopt(
            Lane.Client(
                socket: socket, address: client, tls: tls, verdict: verdict, key: lastKey))
    }
}

extension Duration {
    /// In seconds, for Dispatch.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
