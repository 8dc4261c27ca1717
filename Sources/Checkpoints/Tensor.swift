/// A tensor of the file; its bytes stay where they are until asked for.
package struct Tensor: Sendable {
    /// How an element is stored.
    package enum ElementType: String, Sendable, CaseIterable {
        case float16, bfloat16, float32, float64, int64, int32, uint8, bool
    }

    /// How the file stores each element.
    package let elementType: ElementType
    /// Sizes, outermost first; empty for a single number.
    package let shape: [Int]

    let storage: FileBytes
    /// The first element, in bytes from the start of `storage`.
    let offset: Int
    /// Elements between neighbours of each dimension; zero where a dimension repeats.
    let strides: [Int]

    /// The number of elements.
    package var count: Int {
        // Cannot overflow: checked at init for every shape without a zero.
        shape.contains(0) ? 0 : shape.reduce(1, *)
    }

    /// A tensor inside a storage, after checking that every element lies in it.
    ///
    /// The storage is `range` of the file's bytes; `first` is the tensor's first element in it. Strides
    /// are row-major where nil.
    init(
        _ elementType: ElementType, shape: [Int], strides: [Int]? = nil, first: Int = 0,
        in storage: FileBytes, range: Range<Int>, place: String
    ) throws(CheckpointError) {
        let strides = strides ?? Tensor.rowMajor(shape)
        guard shape.count <= Limits.rank, shape.count == strides.count else {
            throw .malformed(
                place: place,
                reason: "has \(shape.count) sizes and \(strides.count) strides; "
                    + "up to \(Limits.rank) are supported")
        }
        guard shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 }), first >= 0 else {
            throw .malformed(place: place, reason: "has a negative size, stride or offset")
        }
        let held = range.count / elementType.byteCount
        var isSound = range.lowerBound >= 0 && range.upperBound <= storage.count
        var count = 1
        var last = first
        let isEmpty = shape.contains(0)
        for (size, stride) in zip(shape, strides) where !isEmpty {
            let (product, productOverflows) = count.multipliedReportingOverflow(by: size)
            let (step, stepOverflows) = stride.multipliedReportingOverflow(by: size - 1)
            let (sum, sumOverflows) = last.addingReportingOverflow(step)
            isSound = isSound && !productOverflows && !stepOverflows && !sumOverflows
            (count, last) = (product, sum)
        }
        guard isSound, isEmpty || last < held else {
            throw .malformed(
                place: place,
                reason: "a tensor of shape \(shape) reaches outside its storage of \(held) elements"
            )
        }
        guard isEmpty || count <= max(held, Limits.expandedElements) else {
            throw .limit(
                place: place, reason: "shape \(shape) repeats a storage of \(held) elements")
        }
        self.elementType = elementType
        self.shape = shape
        // A stride that is never taken may be any number in a file; here it is zero.
        self.strides = zip(shape, strides).map { size, stride in size > 1 ? stride : 0 }
        self.storage = storage
        // An empty tensor has no element: its offset may be anything, and is not used.
        self.offset = isEmpty ? 0 : range.lowerBound + first * elementType.byteCount
    }

    /// A float32 tensor built in memory; as many floats as the shape says.
    package init(_ floats: [Float], shape: [Int]) {
        precondition(shape.reduce(1, *) == floats.count)
        elementType = .float32
        self.shape = shape
        strides = Tensor.rowMajor(shape)
        offset = 0
        storage = FileBytes(
            copying: floats.flatMap { value in
                (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
            })
    }

    /// Strides of elements that lie one after another; meaningless if the sizes overflow.
    private static func rowMajor(_ shape: [Int]) -> [Int] {
        var strides: [Int] = []
        var step = 1
        for size in shape.reversed() {
            strides.append(step)
            step = step.multipliedReportingOverflow(by: size).partialValue & Int.max
        }
        return strides.reversed()
    }
}

extension Tensor.ElementType {
    /// Bytes of one element.
    package var byteCount: Int {
        switch self {
        case .uint8, .bool: 1
        case .float16, .bfloat16: 2
        case .float32, .int32: 4
        case .float64, .int64: 8
        }
    }
}
