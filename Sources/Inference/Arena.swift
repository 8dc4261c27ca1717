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

    var range: Range<Int> { offset..<offset + count }
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

/// Floats at a cache line's start, zero at first.
@safe
struct AlignedFloats: ~Copyable {
    /// Floats of a huge page: 2 MiB.
    static let hugePageCount = 1 << 19

    let count: Int
    /// Whether the system was asked for huge pages.
    ///
    /// It is for floats that fill one at least and that pass after pass reads. The system clears all of
    /// such a page, and moves others' where none is free: too much for what is soon given back.
    let isHuge: Bool
    private let start: UnsafeMutablePointer<Float>

    /// `isLasting`: they live as long as a network or a workspace.
    init(count: Int, isLasting: Bool) throws(OutOfMemory) {
        precondition(count >= 0 && count < Int.max / 8)
        isHuge = isLasting && count >= Self.hugePageCount
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
    /// Whether the picture of this pass lies there as bytes.
    ///
    /// Set by who leads the pass while the picture is written, before its first section: helpers read it
    /// behind the opening of a section, as they do the picture.
    var holdsPixels = false

    init(count: Int) throws(OutOfMemory) {
        floats = try AlignedFloats(count: count, isLasting: true)
    }

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
/// Many are but a step to those that a network keeps in its ``WeightMemory``: huge pages are for these.
///
/// `@unchecked`: it refers to memory that nobody writes after `init`.
final class Weights: @unchecked Sendable {
    private let block: WeightMemory.Block
    private let region: Region

    /// So many numbers, zero but for what `fill` writes.
    init(count: Int, fill: (inout MutableSpan<Float>) -> Void) throws(OutOfMemory) {
        block = try WeightMemory.Block(count: count, isLasting: false)
        region = Region(offset: 0, count: count)
        // `self` keeps the block, and nobody else knows these floats yet.
        var all = unsafe block.floats.mutableSpan(region)
        fill(&all)
    }

    /// Numbers of another element in so many bytes, zero but for what `fill` writes.
    init(byteCount: Int, fill: (inout MutableSpan<UInt8>) -> Void) throws(OutOfMemory) {
        let count = (byteCount + 3) / 4
        block = try WeightMemory.Block(count: count, isLasting: false)
        region = Region(offset: 0, count: count)
        // `self` keeps the block, and nobody else knows these floats yet.
        var all = unsafe block.floats.mutableBytes(region)
        fill(&all)
    }

    /// The same numbers in `memory`, where they are many.
    init(_ other: Weights, in memory: WeightMemory) throws(OutOfMemory) {
        guard other.count >= WeightMemory.countMin else {
            (block, region) = (other.block, other.region)
            return
        }
        (block, region) = try memory.take(other.count)
        // `self` keeps the block, and the region was just taken: nobody else knows it yet.
        var all = unsafe block.floats.mutableSpan(region)
        let numbers = other.all
        for i in numbers.indices { all[i] = numbers[i] }
    }

    var count: Int { region.count }

    /// All of them, by their bytes.
    var bytes: Span<UInt8> {
        @_lifetime(borrow self) get {
            // `self` keeps the block.
            unsafe _overrideLifetime(block.floats.bytes(region), borrowing: self)
        }
    }

    /// All of them.
    var all: Span<Float> {
        @_lifetime(borrow self) get {
            // `self` keeps the block.
            unsafe _overrideLifetime(block.floats.span(region), borrowing: self)
        }
    }
}

/// Where a network's large weights lie side by side, in huge pages: a pass reads tens of megabytes of
/// them, and on pages of 4 KiB would wait for as many translations of addresses.
///
/// For one thread, while a network is made.
final class WeightMemory {
    /// Fewer floats stay where they were made.
    static let countMin = 1 << 14

    private var block: Block?
    private var end = 0

    /// Memory for so many floats.
    fileprivate func take(_ count: Int) throws(OutOfMemory) -> (Block, Region) {
        if let block, block.floats.count - end >= count {
            defer { end += Region.padded(count) }
            return (block, Region(offset: end, count: count))
        }
        let page = AlignedFloats.hugePageCount
        let block = try Block(count: (count + page - 1) / page * page, isLasting: true)
        // Where more is left, the next go on.
        if block.floats.count - count > (self.block?.floats.count ?? 0) - end {
            self.block = block
            end = Region.padded(count)
        }
        return (block, Region(offset: 0, count: count))
    }

    /// Floats that live as long as the weights among them.
    ///
    /// `@unchecked`: each float is written once, by who took it, before it is shared.
    fileprivate final class Block: @unchecked Sendable {
        let floats: AlignedFloats

        init(count: Int, isLasting: Bool) throws(OutOfMemory) {
            floats = try AlignedFloats(count: count, isLasting: isLasting)
        }
    }
}
