/// A value of a pickle, inert: names are kept as text and nothing is ever called.
///
/// What holds other values is a number into the heap, so that a value may hold itself without a
/// cycle of references, and nesting costs no stack.
enum PickleValue {
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case bytes([UInt8])
    case tuple(Int)
    /// A list, or a set.
    case list(Int)
    case dict(Int)
    /// A class or function, by name only.
    case global(Int)
    /// An object of some class.
    case record(Int)
    case tensor(Int)
    case storage(Int)
    /// An integer past 64 bits.
    case bigInt
}

/// All that a pickle holds, by number.
struct PickleHeap {
    /// `module.name` as the file spells it.
    struct Global: Equatable {
        let module: String
        let name: String
        /// `Bottleneck` of `Outer.Bottleneck`.
        var lastName: String { name.split(separator: ".").last.map(String.init) ?? name }
        var fullName: String { "\(module).\(name)" }
    }

    /// An object: its class's last name, and the state that the file gives it.
    struct Record {
        let className: String
        var state: PickleValue
    }

    /// One of the archive's `data/KEY` entries.
    struct Storage {
        /// Nil for a type that we do not read; `typeName` says which.
        let elementType: Tensor.ElementType?
        let typeName: String
        let key: String
        let count: Int
    }

    /// A view into a storage, as the file claims it; unchecked.
    struct View {
        let storage: PickleValue
        let offset: PickleValue
        let shape: PickleValue
        let strides: PickleValue
    }

    private(set) var tuples: [[PickleValue]] = []
    private(set) var lists: [[PickleValue]] = []
    private(set) var dicts: [[(key: PickleValue, value: PickleValue)]] = []
    private(set) var globals: [Global] = []
    private(set) var records: [Record] = []
    private(set) var storages: [Storage] = []
    private(set) var views: [View] = []

    mutating func tuple(_ items: [PickleValue]) -> PickleValue {
        tuples.append(items)
        return .tuple(tuples.count - 1)
    }

    mutating func list(_ items: [PickleValue]) -> PickleValue {
        lists.append(items)
        return .list(lists.count - 1)
    }

    mutating func dict(_ items: [(key: PickleValue, value: PickleValue)] = []) -> PickleValue {
        dicts.append(items)
        return .dict(dicts.count - 1)
    }

    mutating func record(_ className: String, state: PickleValue = .none) -> PickleValue {
        records.append(Record(className: className, state: state))
        return .record(records.count - 1)
    }

    mutating func global(module: String, name: String) -> PickleValue {
        globals.append(Global(module: module, name: name))
        return .global(globals.count - 1)
    }

    mutating func view(_ view: View) -> PickleValue {
        views.append(view)
        return .tensor(views.count - 1)
    }

    mutating func storage(class type: Global, key: String, count: Int) -> PickleValue {
        let elementType: Tensor.ElementType? =
            switch type.lastName {
            case "HalfStorage": .float16
            case "BFloat16Storage": .bfloat16
            case "FloatStorage": .float32
            case "DoubleStorage": .float64
            case "LongStorage": .int64
            case "IntStorage": .int32
            case "ByteStorage": .uint8
            case "BoolStorage": .bool
            default: nil
            }
        storages.append(
            Storage(elementType: elementType, typeName: type.lastName, key: key, count: count))
        return .storage(storages.count - 1)
    }

    // In place: a list is filled in many steps.
    mutating func append(_ items: [PickleValue], toList i: Int) { lists[i] += items }

    mutating func append(pairs: [PickleValue], toDict i: Int) {
        for k in stride(from: 0, to: pairs.count - 1, by: 2) {
            dicts[i].append((pairs[k], pairs[k + 1]))
        }
    }

    mutating func set(_ state: PickleValue, ofRecord i: Int) { records[i].state = state }
}

extension PickleHeap {
    /// How many values a collection holds itself.
    func size(of value: PickleValue) -> Int {
        switch value {
        case .tuple(let i): tuples[i].count
        case .list(let i): lists[i].count
        case .dict(let i): dicts[i].count
        default: 0
        }
    }

    /// The items of a tuple or list; nil for anything else.
    func items(_ value: PickleValue) -> [PickleValue]? {
        switch value {
        case .tuple(let i): tuples[i]
        case .list(let i): lists[i]
        default: nil
        }
    }

    /// A dict's entries whose keys are plain, in order, the last of equal keys; nil for anything else.
    func entries(_ value: PickleValue) -> [(key: String, value: PickleValue)]? {
        guard case .dict(let i) = value else { return nil }
        var entries: [(key: String, value: PickleValue)] = []
        var places: [String: Int] = [:]
        for (key, value) in dicts[i] {
            let name: String
            switch key {
            case .string(let text): name = text
            case .int(let number): name = String(number)
            case .float(let number): name = number.description
            case .bool(let flag): name = flag ? "True" : "False"
            default: continue
            }
            if let place = places[name] {
                entries[place].value = value
            } else {
                places[name] = entries.count
                entries.append((name, value))
            }
        }
        return entries
    }

    /// A dict's value for a text key; nil if there is none, or it is Python's None.
    func value(_ name: String, of dict: PickleValue) -> PickleValue? {
        guard case .dict(let i) = dict,
            let found = dicts[i].last(where: {
                if case .string(name) = $0.key { true } else { false }
            })?.value
        else { return nil }
        if case .none = found { return nil }
        return found
    }

    /// The state of a record, or of whatever else stands for an object.
    func state(_ value: PickleValue) -> PickleValue {
        guard case .record(let i) = value else { return .none }
        // Classes with slots write (state, slots).
        if case .tuple(let pair) = records[i].state, let state = tuples[pair].first { return state }
        return records[i].state
    }
}
