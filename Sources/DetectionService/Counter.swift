internal import Synchronization

/// A number that many threads add to without a lock.
///
/// One atomic, not one for each core: a request makes about twenty additions of some 20 ns where
/// two cores meet at one, half a microsecond beside milliseconds of work.
final class Counter: Sendable {
    private let value = Atomic(0)

    /// Adds; a count that goes down again (what is in flight) takes negative ones too.
    func add(_ count: Int) { value.wrappingAdd(count, ordering: .relaxed) }

    var count: Int { value.load(ordering: .relaxed) }
}
