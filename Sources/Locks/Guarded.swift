public import Synchronization

/// A value behind a lock: a `Mutex` whose hand-over the thread sanitizer can see.
///
/// The waiting half of `Mutex` lies in the runtime library, which is built without the sanitizer:
/// on Linux it reports a race whenever two threads had to queue for the lock (Swift 6.3). The
/// atomic beside it says the same order once more, in code that is instrumented: who lets go
/// releases, who comes in acquires. It orders nothing that the lock does not order already, so it
/// hides no race, and costs two plain moves.
///
/// Public, though only this package has it, and with its inside open to other modules: they get a lock of
/// their own type, of ten instructions. What is `package` is compiled once, for values of any type, and each
/// lock then looks up how to handle its value at run time: some 500 instructions (Swift 6.3).
public struct Guarded<Value>: ~Copyable, Sendable {
    @usableFromInline let mutex: Mutex<Value>
    @usableFromInline let handOver = Atomic(false)

    /// Puts a value behind a lock.
    @inlinable @inline(__always)
    public init(_ value: sending Value) {
        mutex = Mutex(value)
    }

    /// Runs `body` while nobody else is inside.
    @inlinable @inline(__always)
    public func withLock<Result, Failure>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock { (value) throws(Failure) -> sending Result in
            _ = handOver.load(ordering: .acquiring)
            defer { handOver.store(false, ordering: .releasing) }
            return try body(&value)
        }
    }
}
