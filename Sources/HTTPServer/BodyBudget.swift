internal import Synchronization

/// The bytes of bodies that may be on their way in at once, over all connections.
///
/// One atomic number: connections of different lanes take and give back without a lock.
final class BodyBudget: Sendable {
    let bytesMax: Int
    private let taken = Atomic(0)

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Bytes held now.
    var bytesTaken: Int { taken.load(ordering: .relaxed) }

    /// False, and nothing is taken, where so many more are too many.
    fileprivate func take(_ bytes: Int) -> Bool {
        guard taken.wrappingAdd(bytes, ordering: .relaxed).newValue > bytesMax else { return true }
        giveBack(bytes)
        return false
    }

    fileprivate func giveBack(_ bytes: Int) { taken.wrappingSubtract(bytes, ordering: .relaxed) }
}

/// One body's part of the budget, which goes back with it.
final class BodyHold {
    private let budget: BodyBudget
    private var bytes = 0

    init(_ budget: BodyBudget) { self.budget = budget }

    deinit { budget.giveBack(bytes) }

    /// Holds so many bytes from now on, and no others.
    ///
    /// They are those that have come, not those that were announced, which cost nothing.
    func hold(_ bytes: Int) throws(Refusal) {
        if bytes <= self.bytes {
            budget.giveBack(self.bytes - bytes)
        } else if !budget.take(bytes - self.bytes) {
            throw .tooManyBodies(bytesMax: budget.bytesMax)
        }
        self.bytes = bytes
    }
}
