/// Walks a pickle (protocols 2 to 5, the operations that Python's pickler writes) and builds inert values.
///
/// Every instruction is bounded: by the bytes that are left, by the values that may be made in all. No
/// name is resolved. A call is looked up in ``PickleCall`` by its name and otherwise refused.
struct PickleMachine {
    private(set) var heap = PickleHeap()
    private var reader: ByteReader
    private var stack: [PickleValue] = []
    /// How high the stack was at each open mark.
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    private var valuesLeft: Int
    /// Where the instruction being run is, in words: built only for an error.
    private var place: String { "\(reader.name) at byte \(instruction)" }
    private var instruction = 0

    /// A machine at the start of a pickle.
    init(
        _ bytes: FileBytes, _ range: Range<Int>, name: String, valuesMax: Int = Limits.pickleValues
    ) {
        reader = ByteReader(bytes, range, name: name)
        valuesLeft = valuesMax
    }

    /// Runs to the end, and answers with the value the pickle holds.
    mutating func run() throws(CheckpointError) -> PickleValue {
        guard reader.remaining <= Limits.pickleBytes else {
            throw .limit(
                place: reader.name,
                reason: "is \(reader.remaining) bytes; up to \(Limits.pickleBytes) are read")
        }
        while true {
            instruction = reader.offset
            let code = try reader.byte()
            guard let operation = PickleOperation(rawValue: code) else {
                throw .refused(
                    place: place,
                    reason: "instruction 0x\(String(code, radix: 16)) is not supported; "
                        + "protocols 2 to 5 are, as torch.save writes them")
            }
            try charge(1)
            switch operation {
            case .stop: return try pop()
            default: try run(operation)
            }
        }
    }

    private mutating func run(_ operation: PickleOperation) throws(CheckpointError) {
        switch operation {
        case .stop: break
        case .proto:
            let version = try reader.byte()
            guard (2...5).contains(version) else {
                throw .refused(
                    place: place, reason: "protocol \(version); protocols 2 to 5 are supported")
            }
        case .frame: try reader.skip(8)
        case .mark: marks.append(stack.count)
        case .pop: if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
        case .popMark: _ = try popToMark()
        case .dup: stack.append(try top())

        case .none: stack.append(.none)
        case .newTrue: stack.append(.bool(true))
        case .newFalse: stack.append(.bool(false))
        case .binInt: stack.append(.int(Int(try reader.integer(Int32.self))))
        case .binInt1: stack.append(.int(Int(try reader.byte())))
        case .binInt2: stack.append(.int(Int(try reader.integer(UInt16.self))))
        case .long1: stack.append(try long(Int(try reader.byte())))
        case .long4: stack.append(try long(Int(try reader.integer(Int32.self))))
        case .binFloat:
            // The one big-endian number of the format.
            let bits = try reader.integer(UInt64.self).byteSwapped
            stack.append(.float(Double(bitPattern: bits)))

        case .shortBinUnicode, .shortBinString:
            stack.append(.string(try reader.text(Int(try reader.byte()))))
        case .binUnicode, .binString:
            stack.append(.string(try reader.text(try size(try reader.integer(UInt32.self)))))
        case .binUnicode8:
            stack.append(.string(try reader.text(try size(try reader.integer(UInt64.self)))))
        case .shortBinBytes: stack.append(.bytes(try reader.array(Int(try reader.byte()))))
        case .binBytes:
            stack.append(.bytes(try reader.array(try size(try reader.integer(UInt32.self)))))
        case .binBytes8, .byteArray8:
            stack.append(.bytes(try reader.array(try size(try reader.integer(UInt64.self)))))

        case .emptyTuple: stack.append(heap.tuple([]))
        case .tuple: stack.append(heap.tuple(try popToMark()))
        case .tuple1: stack.append(heap.tuple(try pop(1)))
        case .tuple2: stack.append(heap.tuple(try pop(2)))
        case .tuple3: stack.append(heap.tuple(try pop(3)))
        case .emptyList, .emptySet: stack.append(heap.list([]))
        case .list, .frozenSet: stack.append(heap.list(try popToMark()))
        case .append: try append([try pop()])
        case .appends, .addItems: try append(try popToMark())
        case .emptyDict: stack.append(heap.dict())
        case .dict:
            let items = try popToMark()
            stack.append(heap.dict())
            try setItems(items)
        case .setItem: try setItems(try pop(2))
        case .setItems: try setItems(try popToMark())

        case .binGet: try get(Int(try reader.byte()))
        case .longBinGet: try get(Int(try reader.integer(UInt32.self)))
        case .binPut: memo[Int(try reader.byte())] = try top()
        case .longBinPut: memo[Int(try reader.integer(UInt32.self))] = try top()
        case .memoize: memo[memo.count] = try top()

        case .global:
            let module = try reader.line(max: Limits.nameBytes)
            let name = try reader.line(max: Limits.nameBytes)
            stack.append(heap.global(module: module, name: name))
        case .stackGlobal:
            guard case .string(let name) = try pop(), case .string(let module) = try pop() else {
                throw malformed("names a class by something that is no text")
            }
            guard max(module.utf8.count, name.utf8.count) <= Limits.nameBytes else {
                throw .limit(
                    place: place, reason: "a name is longer than \(Limits.nameBytes) bytes")
            }
            stack.append(heap.global(module: module, name: name))
        case .newObj:
            _ = try pop()  // arguments: only the state that follows matters
            try newRecord()
        case .newObjEx:
            _ = try pop(2)
            try newRecord()
        case .build:
            let state = try pop()
            // State for anything but a record (an OrderedDict's `_metadata`, a parameter's) is dropped.
            if case .record(let i) = try top() { heap.set(state, ofRecord: i) }
        case .reduce:
            let arguments = try pop()
            try call(try pop(), arguments)
        case .obj:
            var items = try popToMark()
            guard !items.isEmpty else { throw malformed("makes an object of nothing") }
            let callee = items.removeFirst()
            try call(callee, heap.tuple(items))
        case .inst:
            let module = try reader.line(max: Limits.nameBytes)
            let name = try reader.line(max: Limits.nameBytes)
            let arguments = heap.tuple(try popToMark())
            try call(heap.global(module: module, name: name), arguments)
        case .binPersID: try persistent(try pop())
        }
    }

    // MARK: - Stack

    /// Counts values against the limit: what a pickle makes us hold is proportional to them.
    private mutating func charge(_ count: Int) throws(CheckpointError) {
        valuesLeft -= count
        guard valuesLeft >= 0 else {
            throw .limit(place: place, reason: "holds more values than any model file needs")
        }
    }

    private func malformed(_ reason: String) -> CheckpointError {
        .malformed(place: place, reason: reason)
    }

    private func top() throws(CheckpointError) -> PickleValue {
        guard let value = stack.last, stack.count > marks.last ?? 0 else {
            throw malformed("takes a value from an empty stack")
        }
        return value
    }

    private mutating func pop() throws(CheckpointError) -> PickleValue {
        let value = try top()
        stack.removeLast()
        return value
    }

    private mutating func pop(_ count: Int) throws(CheckpointError) -> [PickleValue] {
        guard stack.count - (marks.last ?? 0) >= count else {
            throw malformed("takes \(count) values from a stack that has fewer")
        }
        let values = Array(stack.suffix(count))
        stack.removeLast(count)
        return values
    }

    private mutating func popToMark() throws(CheckpointError) -> [PickleValue] {
        guard let mark = marks.popLast() else {
            throw malformed("closes a mark that was never set")
        }
        let values = Array(stack[mark...])
        stack.removeLast(stack.count - mark)
        return values
    }

    private mutating func get(_ index: Int) throws(CheckpointError) {
        guard let value = memo[index] else {
            throw malformed("recalls value \(index), which was never stored")
        }
        stack.append(value)
    }

    // MARK: - Values

    private func size<Bits: FixedWidthInteger>(_ claimed: Bits) throws(CheckpointError) -> Int {
        guard let size = Int(exactly: claimed), size <= Limits.pickleStringBytes else {
            throw .limit(
                place: place,
                reason: "a string of \(claimed) bytes; up to \(Limits.pickleStringBytes) are read")
        }
        return size
    }

    /// A little-endian integer in two's complement of so many bytes.
    private mutating func long(_ count: Int) throws(CheckpointError) -> PickleValue {
        guard count >= 0 else { throw malformed("an integer of \(count) bytes") }
        guard count <= 8 else {
            try reader.skip(count)
            return .bigInt
        }
        var value = 0
        for shift in 0..<count { value |= Int(try reader.byte()) << (8 * shift) }
        let unused = 64 - 8 * count
        return .int(unused == 64 ? 0 : (value << unused) >> unused)  // extends the sign
    }

    private mutating func append(_ items: [PickleValue]) throws(CheckpointError) {
        switch try top() {
        case .list(let i): heap.append(items, toList: i)
        case .record, .dict: break  // the items of a class we do not know: not ours to read
        default: throw malformed("appends to a value that is no list")
        }
    }

    private mutating func setItems(_ items: [PickleValue]) throws(CheckpointError) {
        guard items.count.isMultiple(of: 2) else { throw malformed("sets a key without a value") }
        switch try top() {
        case .dict(let i): heap.append(pairs: items, toDict: i)
        case .record: break
        default: throw malformed("sets keys of a value that is no dict")
        }
    }

    private mutating func newRecord() throws(CheckpointError) {
        guard case .global(let i) = try pop() else {
            throw malformed("makes an object of no class")
        }
        stack.append(heap.record(heap.globals[i].lastName))
    }

    /// `('storage', torch.HalfStorage, KEY, DEVICE, COUNT)`, as torch.save writes it.
    private mutating func persistent(_ id: PickleValue) throws(CheckpointError) {
        guard case .tuple(let i) = id, heap.tuples[i].count >= 5,
            case .string("storage") = heap.tuples[i][0], case .global(let type) = heap.tuples[i][1],
            case .string(let key) = heap.tuples[i][2], case .int(let count) = heap.tuples[i][4]
        else { throw malformed("an outside object that is no storage of torch.save") }
        stack.append(heap.storage(class: heap.globals[type], key: key, count: count))
    }

    // MARK: - Calls

    private mutating func call(
        _ callee: PickleValue, _ arguments: PickleValue
    ) throws(CheckpointError) {
        guard case .global(let i) = callee, let items = heap.items(arguments) else {
            throw .refused(place: place, reason: "calls something that is no name")
        }
        let name = heap.globals[i]
        guard let call = PickleCall(name) else {
            throw .refused(
                place: place,
                reason: "the file asks to call \(name.fullName); nothing in a model file is ever "
                    + "called, and only the calls by which torch.save stores tensors and plain "
                    + "values are understood")
        }
        guard let value = call.value(of: items, on: &heap) else {
            throw .refused(
                place: place, reason: "\(name.fullName) with arguments that torch.save never writes"
            )
        }
        // What a call copied is charged, so that one list cannot be copied again and again.
        try charge(heap.size(of: value))
        stack.append(value)
    }
}
