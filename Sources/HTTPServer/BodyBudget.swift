internal import Locks
internal import Synchronization

/// The bytes of bodies that may be on their way in at once, over all connections, and each client's share.
///
/// Atomic numbers: connections of different lanes take and give back without a lock. One is taken when
/// a connection opens or closes, to find the share of its client.
final class BodyBudget: Sendable {
    let bytesMax: Int
    /// Of one client; 0 for any number.
    let bytesPerClientMax: Int
    private let taken = ByteCount()
    private let clients = Guarded<[ClientAddress: (bytes: ByteCount, connections: Int)]>([:])

    init(bytesMax: Int, bytesPerClientMax: Int = 0) {
        self.bytesMax = bytesMax
        self.bytesPerClientMax = bytesPerClientMax
    }

    /// Bytes held now.
    var bytesTaken: Int { taken.value }

    /// Clients with a share now.
    var clientCount: Int { clients.withLock { $0.count } }

    /// A connection's part of its client's share, which all of its connections have together.
    func share(of client: ClientAddress) -> BodyShare {
        let bytes = clients.withLock { clients in
            let (bytes, connections) = clients[client] ?? (ByteCount(), 0)
            clients[client] = (bytes, connections + 1)
            return bytes
        }
        return BodyShare(of: self, for: client, counted: bytes)
    }

    /// A connection of a client's closed.
    fileprivate func leave(_ client: ClientAddress) {
        clients.withLock { clients in
            guard let (bytes, connections) = clients[client] else { return }
            clients[client] = connections > 1 ? (bytes, connections - 1) : nil
        }
    }

    fileprivate func take(_ bytes: Int) -> Bool { taken.add(bytes, most: bytesMax) }

    fileprivate func giveBack(_ bytes: Int) { taken.subtract(bytes) }
}

/// What one client's bodies may take of the budget; one of these for each connection.
final class BodyShare: Sendable {
    private let budget: BodyBudget
    private let client: ClientAddress?
    private let taken: ByteCount

    /// A share that is counted with others of the same client.
    fileprivate init(of budget: BodyBudget, for client: ClientAddress, counted taken: ByteCount) {
        self.budget = budget
        self.client = client
        self.taken = taken
    }

    /// A share that stands alone.
    init(of budget: BodyBudget) {
        self.budget = budget
        client = nil
        taken = ByteCount()
    }

    deinit { if let client { budget.leave(client) } }

    fileprivate func take(_ bytes: Int) throws(Refusal) {
        let most = budget.bytesPerClientMax > 0 ? budget.bytesPerClientMax : .max
        guard taken.add(bytes, most: most) else { throw .tooManyBodiesOfClient(bytesMax: most) }
        guard budget.take(bytes) else {
            taken.subtract(bytes)
            throw .tooManyBodies(bytesMax: budget.bytesMax)
        }
    }

    fileprivate func giveBack(_ bytes: Int) {
        taken.subtract(bytes)
        budget.giveBack(bytes)
    }
}

/// One body's part of its client's share, which goes back with it.
final class BodyHold {
    private let share: BodyShare
    private var bytes = 0

    init(_ share: BodyShare) { self.share = share }

    deinit { share.giveBack(bytes) }

    /// Holds so many bytes from now on, and no others.
    ///
    /// They are those that have come, not those that were announced, which cost nothing.
    func hold(_ bytes: Int) throws(Refusal) {
        if bytes <= self.bytes {
            share.giveBack(self.bytes - bytes)
        } else {
            try share.take(bytes - self.bytes)
        }
        self.bytes = bytes
    }
}

/// A number of bytes that many add to.
private final class ByteCount: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .relaxed) }

    /// False, and nothing is added, where the sum would be above `most`.
    func add(_ bytes: Int, most: Int) -> Bool {
        guard count.wrappingAdd(bytes, ordering: .relaxed).newValue > most else { return true }
        subtract(bytes)
        return false
    }

    func subtract(_ bytes: Int) { count.wrappingSubtract(bytes, ordering: .relaxed) }
}
