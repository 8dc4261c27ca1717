package import Synchronization

/// A value behind a lock: a `Mutex` whose hand-over the thread sanitizer can see.
///
/// The waiting half of `Mutex` lies in the runtime library, which is built without the sanitizer:
/// on Linux it reports a race whenever two threads had to queue for the lock (Swift 6.3). The
/// atomic beside it says the same order once more, in code that is instrumented: who lets go
/// releases, who comes in acquires. It orders nothing that the lock does not order already, so it
/// hides no race, and costs two plain moves.
package struct Guarded<Value>: ~Copyable, Sendable {
    @usableFromInline let mutex: Mutex<Value>
    @usableFromInline let handOver = Atomic(false)

    /// Puts a value behind a lock.
    @inlinable
    package init(_ value: sending Value) {
        mutex = Mutex(value)
    }

    /// Runs `body` while nobody else is inside.
    @inlinable
    package func withLock<Result, Failure>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock { (value) throws(Failure) -> sending Result in
            _ = handOver.load(ordering: .acquiring)
            defer { handOver.store(false, ordering: .releasing) }
            return try body(&value)
        }
    }
}
