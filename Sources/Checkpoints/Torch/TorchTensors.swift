/// Turns the views that a pickle claims into tensors, each checked against its storage.
struct TorchTensors {
    private let file: TorchFile
    /// Storages already found, with their checksums right: several views may share one.
    private var found: [String: (bytes: FileBytes, range: Range<Int>)] = [:]
    private var elementsLeft = Limits.elements
    /// Entries that lie over each other could be summed up again and again: what they hold together is
    /// no more than the file.
    private var storedBytesLeft: Int
    private var inflatedBytesLeft = Limits.inflatedBytes

    init(_ file: TorchFile) {
        self.file = file
        storedBytesLeft = file.archive.file.count
    }

    /// The tensor of a view.
    mutating func tensor(_ view: Int, place: String) throws(CheckpointError) -> Tensor {
        let view = file.heap.views[view]
        guard case .storage(let i) = view.storage, case .int(let first) = view.offset,
            let shape = integers(view.shape), let strides = integers(view.strides)
        else {
            throw .malformed(place: place, reason: "is no tensor as torch.save writes it")
        }
        let storage = file.heap.storages[i]
        guard let elementType = storage.elementType else {
            throw .refused(
                place: place,
                reason: "elements of \(storage.typeName.prefix(40)); float16, bfloat16, float32, "
                    + "float64, int64, int32, uint8 and bool are supported")
        }
        let contents = try contents(of: storage, place: place)
        guard storage.count >= 0, storage.count <= contents.range.count / elementType.byteCount
        else {
            throw .malformed(
                place: place,
                reason: "its storage of \(storage.count) elements is only "
                    + "\(contents.range.count) bytes long")
        }
        let end = contents.range.lowerBound + storage.count * elementType.byteCount
        let tensor = try Tensor(
            elementType, shape: shape, strides: strides, first: first, in: contents.bytes,
            range: contents.range.lowerBound..<end, place: place)
        elementsLeft -= tensor.count
        guard elementsLeft >= 0 else {
            throw .limit(
                place: place,
                reason: "all tensors together hold more than \(Limits.elements) elements")
        }
        return tensor
    }

    private mutating func contents(
        of storage: PickleHeap.Storage, place: String
    ) throws(CheckpointError) -> (bytes: FileBytes, range: Range<Int>) {
        if let contents = found[storage.key] { return contents }
        let entry = try file.entry(of: storage, place: place)
        if entry.isDeflated {
            inflatedBytesLeft -= entry.bytes
        } else {
            storedBytesLeft -= entry.bytes
        }
        guard storedBytesLeft >= 0, inflatedBytesLeft >= 0 else {
            throw .limit(
                place: place,
                reason: "storages overlap, or inflate to more than \(Limits.inflatedBytes) bytes")
        }
        let contents = try file.archive.contents(of: entry)
        found[storage.key] = contents
        return contents
    }

    private func integers(_ value: PickleValue) -> [Int]? {
        guard let items = file.heap.items(value), items.count <= 2 * Limits.rank else { return nil }
        var integers: [Int] = []
        for item in items {
            guard case .int(let integer) = item else { return nil }
            integers.append(integer)
        }
        return integers
    }
}
