/// A job that knows itself what is to be done, told by which worker, and beside how many others; it returns how it is
/// answered.
///
/// DESIGN. Queues are generic, and ``BatchQueue`` is compiled ahead for this job and ``WorkKind`` (`@_specialize`),
/// which are the service's. For a type that it does not know the compiler has each step look up how to handle it: 40,000
/// instructions a picture instead of 5,000 (Swift 6.3), and much the same for a picture that is refused.
package typealias Work = @Sendable (_ worker: Int, _ batchSize: Int) -> @Sendable () -> Void

/// What goes into one batch: work of the same kind.
package struct WorkKind: Hashable, Sendable {
    /// Its name.
    package let number: Int
    /// How large it is, in any unit.
    package let size: Int

    /// A kind of that name and size.
    package init(number: Int, size: Int) {
        self.number = number
        self.size = size
    }
}
