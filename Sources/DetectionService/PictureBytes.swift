/// An encoded picture, where it lies: in a request's body, or in bytes of its own.
struct PictureBytes: Sendable {
    private let storage: [UInt8]
    private let range: Range<Int>

    /// All of `storage`.
    init(_ storage: [UInt8]) {
        self.init(storage, in: 0..<storage.count)
    }

    /// How many there are.
    var count: Int { range.count }

    /// A part of `storage`, which is shared, not copied.
    ///
    /// Outside of it there is nothing.
    init(_ storage: [UInt8], in range: Range<Int>) {
        self.storage = storage
        self.range = range.clamped(to: 0..<storage.count)
    }

    /// The encoded bytes.
    var span: Span<UInt8> {
        @_lifetime(borrow self) borrowing get { storage.span.extracting(range) }
    }
}
