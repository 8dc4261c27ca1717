import Glibc

// DESIGN. All memory of the engine that is not an Array is here: packed weights and the arenas. This
// file alone turns it into spans. Three promises make that hold:
// - bounds: a span is made only after its region was found within the memory;
// - life: a span borrows the memory's owner, and the owner frees it when nobody refers to it;
// - races: weights are written before they are shared. In an arena, several spans (of several
//   threads) may lie over one value at the same time, but no float is written by one thread while
//   another reads or writes it: the items of a section write disjoint rows, blocks or elements of
//   values that the section does not read, sections of a pass follow one another (``Crew``), and
//   an arena serves one pass at a time.

/// A run of floats in some memory.
///
/// Offsets that a plan makes are multiples of 16: 64 bytes.
struct Region: Sendable, Equatable {
    var offset: Int
    var count: Int

    static let alignment = 16  // floats

    var byteCount: Int { count * MemoryLayout<Float>.stride }

    /// So many floats, rounded up to whole cache lines.
    static func padded(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }

    /// A part of this region.
    func part(_ offset: Int, _ count: Int) -> Region {
        Region(offset: self.offset + offset, count: count)
    }
}

/// The machine has not as much memory as was asked for.
struct OutOfMemory: Error {}

/// Floats at a cache line's start, zero at first; whole huge pages when there are many.
@safe
struct AlignedFloats: ~Copyable {
    let count: Int
    private let start: UnsafeMutablePointer<Float>

    init(count: Int) throws(OutOfMemory) {
        precondition(count >= 0 && count < Int.max / 8)
        let isHuge = count >= 1 << 20
        let alignment = isHuge ? 1 << 21 : 64
        let byteCount = max(count, 1) * MemoryLayout<Float>.stride
        var memory: UnsafeMutableRawPointer?
        guard unsafe posix_memalign(&memory, alignment, byteCount) == 0, let memory = unsafe memory
        else { throw OutOfMemory() }
        // Advice only: pages are small where it is not followed.
        if isHuge { _ = unsafe madvise(memory, byteCount, MADV_HUGEPAGE) }
        // byteCount bytes were just given to us, aligned for a Float.
        unsafe start = memory.bindMemory(to: Float.self, capacity: max(count, 1))
        unsafe start.initialize(repeating: 0, count: max(count, 1))
        self.count = count
    }

    deinit {
        // From posix_memalign; no span outlives its owner.
        unsafe free(start)
    }

    private func check(_ region: Region) {
        precondition(
            region.offset >= 0 && region.count >= 0 && region.offset <= count
                && region.count <= count - region.offset)
    }

    // The owners below tie these to their own life: a borrow of a field of theirs would end too soon.

    @unsafe
    @_lifetime(immortal)
    fileprivate func span(_ region: Region) -> Span<Float> {
        check(region)
        // In bounds: checked above.
        let span = unsafe Span(
            _unsafeStart: UnsafePointer(start + region.offset), count: region.count)
        return unsafe _overrideLifetime(span, borrowing: ())
    }

    @unsafe
    @_lifetime(immortal)
    fileprivate func bytes(_ region: Region) -> Span<UInt8> {
        check(region)
        // In bounds: checked above; whatever lies there may be read as bytes.
        let span = unsafe Span<UInt8>(
            _unsafeStart: UnsafeRawPointer(start + region.offset).assumingMemoryBound(
                to: UInt8.self), count: region.byteCount)
        return unsafe _overrideLifetime(span, borrowing: ())
    }

    @unsafe
    @_lifetime(immortal)
    fileprivate func mutableBytes(_ region: Region) -> MutableSpan<UInt8> {
        check(region)
        // In bounds: checked above; a float may be written by its bytes.
        let span = unsafe MutableSpan<UInt8>(
            _unsafeStart: UnsafeMutableRawPointer(start + region.offset).assumingMemoryBound(
                to: UInt8.self), count: region.byteCount)
        return unsafe _overrideLifetime(span, borrowing: ())
    }

    @unsafe
    @_lifetime(immortal)
    fileprivate func mutableSpan(_ region: Region) -> MutableSpan<Float> {
        check(region)
        // In bounds: checked above.
        let span = unsafe MutableSpan(_unsafeStart: start + region.offset, count: region.count)
        return unsafe _overrideLifetime(span, borrowing: ())
    }
}

/// The memory of one pass, shared by the threads that work on it.
///
/// `@unchecked`: it holds a pointer to memory that it owns; see DESIGN for races.
final class Arena: @unchecked Sendable {
    private let floats: AlignedFloats

    init(count: Int) throws(OutOfMemory) { floats = try AlignedFloats(count: count) }

    var count: Int { floats.count }

    /// The floats of a region, to read.
    @_lifetime(borrow self)
    func span(_ region: Region) -> Span<Float> {
        // `self` owns the floats.
        unsafe _overrideLifetime(floats.span(region), borrowing: self)
    }

    /// The bytes of a region, to read: what it holds is not floats.
    @_lifetime(borrow self)
    func bytes(_ region: Region) -> Span<UInt8> {
        // `self` owns the floats.
        unsafe _overrideLifetime(floats.bytes(region), borrowing: self)
    }

    /// The bytes of a region, to write; see DESIGN for why a borrow of the owner is enough.
    @_lifetime(borrow self)
    func mutableBytes(_ region: Region) -> MutableSpan<UInt8> {
        // `self` owns the floats.
        unsafe _overrideLifetime(floats.mutableBytes(region), borrowing: self)
    }

    /// The floats of a region, to write; see DESIGN for why a borrow of the owner is enough.
    @_lifetime(borrow self)
    func mutableSpan(_ region: Region) -> MutableSpan<Float> {
        // `self` owns the floats.
        unsafe _overrideLifetime(floats.mutableSpan(region), borrowing: self)
    }
}

/// Numbers that do not change once made, aligned for the kernels.
///
/// `@unchecked`: it holds a pointer to memory that nobody writes after `init`.
final class Weights: @unchecked Sendable {
    private let floats: AlignedFloats

    /// So many numbers, zero but for what `fill` writes.
    init(count: Int, fill: (inout MutableSpan<Float>) -> Void) throws(OutOfMemory) {
        floats = try AlignedFloats(count: count)
        // `self` owns the floats, and nobody else knows them yet.
        var all = unsafe floats.mutableSpan(Region(offset: 0, count: count))
        fill(&all)
    }

    /// Numbers of another element in so many bytes, zero but for what `fill` writes.
    init(byteCount: Int, fill: (inout MutableSpan<UInt8>) -> Void) throws(OutOfMemory) {
        floats = try AlignedFloats(count: (byteCount + 3) / 4)
        // `self` owns the floats, and nobody else knows them yet.
        var all = unsafe floats.mutableBytes(Region(offset: 0, count: floats.count))
        fill(&all)
    }

    var count: Int { floats.count }

    /// All of them, by their bytes.
    var bytes: Span<UInt8> {
        @_lifetime(borrow self) get {
            // `self` owns the floats.
            unsafe _overrideLifetime(floats.bytes(Region(offset: 0, count: count)), borrowing: self)
        }
    }

    /// All of them.
    var all: Span<Float> {
        @_lifetime(borrow self) get {
            // `self` owns the floats.
            unsafe _overrideLifetime(floats.span(Region(offset: 0, count: count)), borrowing: self)
        }
    }
}
