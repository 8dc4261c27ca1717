/// Builds the tree of modules from the inert records of a pickle.
///
/// A record is a module if its state has `_modules`, as every `nn.Module` does, whatever its class.
struct TorchModules {
    private let heap: PickleHeap
    private var tensors: TorchTensors
    private var modulesLeft = Limits.modules
    private var attributesLeft = Limits.attributes

    init(_ file: TorchFile) {
        heap = file.heap
        tensors = TorchTensors(file)
    }

    /// Whether a value is an `nn.Module`.
    static func isModule(_ value: PickleValue, in heap: PickleHeap) -> Bool {
        heap.value("_modules", of: heap.state(value)) != nil
    }

    /// The module of a record, with all that is below it.
    mutating func module(
        _ value: PickleValue, path: String, depth: Int = 0
    ) throws(CheckpointError) -> Module {
        let place = path.isEmpty ? "model" : path
        guard case .record(let i) = value, TorchModules.isModule(value, in: heap) else {
            throw .malformed(place: place, reason: "is no module")
        }
        modulesLeft -= 1
        guard modulesLeft >= 0, depth <= Limits.moduleDepth else {
            throw .limit(
                place: place,
                reason: "the tree has more than \(Limits.modules) modules or is deeper than "
                    + "\(Limits.moduleDepth)")
        }
        var children: [(name: String, module: Module)] = []
        var tensors: [String: Tensor] = [:]
        var attributes: [String: Attribute] = [:]
        for (name, value) in try entries(heap.state(value), place: place) {
            switch name {
            case "_modules":
                for (child, value) in try entries(value, place: place) {
                    if case .none = value { continue }
                    let path = try childPath(path, child)
                    children.append((child, try module(value, path: path, depth: depth + 1)))
                }
            case "_parameters", "_buffers":
                for (name, value) in try entries(value, place: place) {
                    if case .none = value { continue }
                    let path = try childPath(path, name)
                    guard case .tensor(let view) = value else {
                        throw .malformed(place: path, reason: "is no tensor")
                    }
                    tensors[name] = try self.tensors.tensor(view, place: path)
                }
            default:
                // What begins with an underscore is nn.Module's own machinery: hooks and the like.
                guard !name.hasPrefix("_") else { continue }
                attributes[name] = try attribute(value, place: childPath(path, name))
            }
        }
        return Module(
            className: heap.records[i].className, path: path, children: children,
            tensors: tensors, attributes: attributes)
    }

    /// A plain value; objects and modules by their class's name only.
    mutating func attribute(
        _ value: PickleValue, place: String, depth: Int = 0
    ) throws(CheckpointError) -> Attribute? {
        try charge(1, place: place)
        guard depth <= Limits.attributeDepth else {
            throw .limit(place: place, reason: "lists are nested deeper than \(depth - 1)")
        }
        switch value {
        case .none: return .null
        case .bool(let flag): return .bool(flag)
        case .int(let number): return .int(number)
        case .float(let number): return .float(number)
        case .string(let text): return .string(text)
        case .bytes: return .object("bytes")
        case .bigInt: return .object("int")
        case .storage: return .object("Storage")
        case .global(let i): return .object(heap.globals[i].lastName)
        case .record(let i): return .object(heap.records[i].className)
        case .tuple(let i): return .list(try list(heap.tuples[i], place: place, depth: depth))
        case .list(let i): return .list(try list(heap.lists[i], place: place, depth: depth))
        case .dict:
            var map: [String: Attribute] = [:]
            for (key, value) in try entries(value, place: place) {
                map[key] = try attribute(value, place: place, depth: depth + 1)
            }
            return .map(map)
        case .tensor(let view): return try smallTensor(view, place: place)
        }
    }

    private mutating func list(
        _ items: [PickleValue], place: String, depth: Int
    ) throws(CheckpointError) -> [Attribute] {
        var list: [Attribute] = []
        for item in items {
            list.append(try attribute(item, place: place, depth: depth + 1) ?? .object("Tensor"))
        }
        return list
    }

    /// A few numbers in a row, such as `Detect.stride`; nil for larger ones, such as stored anchors.
    private mutating func smallTensor(_ view: Int, place: String) throws(CheckpointError)
        -> Attribute?
    {
        guard let shape = heap.items(heap.views[view].shape), shape.count <= 1 else { return nil }
        if case .int(let count)? = shape.first, count > Limits.attributeElements { return nil }
        let tensor = try tensors.tensor(view, place: place)
        let numbers = tensor.floats().map { Attribute.float(Double($0)) }
        return tensor.shape.isEmpty ? numbers.first : .list(numbers)
    }

    private mutating func entries(
        _ value: PickleValue, place: String
    ) throws(CheckpointError) -> [(key: String, value: PickleValue)] {
        try charge(heap.size(of: value), place: place)
        guard let entries = heap.entries(value) else {
            throw .malformed(place: place, reason: "is no dict where a module keeps its parts")
        }
        return entries
    }

    private mutating func charge(_ count: Int, place: String) throws(CheckpointError) {
        attributesLeft -= count
        guard attributesLeft >= 0 else {
            throw .limit(
                place: place,
                reason: "all modules together hold more than \(Limits.attributes) values")
        }
    }

    private func childPath(_ path: String, _ name: String) throws(CheckpointError) -> String {
        guard isModuleName(name) else {
            throw .malformed(
                place: path.isEmpty ? "model" : path,
                reason: "“\(name.prefix(40))” is no name for a module or tensor")
        }
        return join(path, name)
    }
}
