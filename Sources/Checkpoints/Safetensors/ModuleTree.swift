// The tree of modules as JSON, `{"tree": NODE}` in the metadata's `architecture`, where a node is
// {"class": "Conv", "tensors": ["weight"], "attributes": {"f": -1}, "children": {"conv": NODE}}
// and empty parts are left out. Tensors stand in the file under their full paths.

extension JSON {
    /// The node of a module, with all that is below it.
    init(_ module: Module) {
        var items: [(key: String, value: JSON)] = [("class", .string(module.className))]
        if !module.tensors.isEmpty {
            items.append(("tensors", .array(module.tensors.keys.sorted().map(JSON.string))))
        }
        if !module.attributes.isEmpty {
            items.append(("attributes", .object(JSON.pairs(module.attributes))))
        }
        if !module.children.isEmpty {
            items.append(("children", .object(module.children.map { ($0.name, JSON($0.module)) })))
        }
        self = .object(items)
    }

    /// An attribute as JSON.
    ///
    /// What JSON lacks is an object of one key that begins with a dollar sign; such a key of a map
    /// gets a second one.
    init(_ attribute: Attribute) {
        switch attribute {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(value)
        case .float(let value):
            self = value.isFinite ? .float(value) : .object([("$float", .string("\(value)"))])
        case .string(let value): self = .string(value)
        case .list(let items): self = .array(items.map { JSON($0) })
        case .map(let map): self = .object(JSON.pairs(map))
        case .object(let name): self = .object([("$object", .string(name))])
        }
    }

    private static func pairs(_ map: [String: Attribute]) -> [(key: String, value: JSON)] {
        map.sorted { $0.key < $1.key }.map { key, value in
            (key.hasPrefix("$") ? "$" + key : key, JSON(value))
        }
    }
}

extension Module {
    /// Reads a node, and claims its tensors.
    init(
        tree: JSON, path: String, depth: Int = 0, from store: inout TensorStore
    ) throws(CheckpointError) {
        let place = path.isEmpty ? "architecture" : path
        guard let className = tree["class"]?.string else {
            throw .malformed(place: place, reason: "the module has no class")
        }
        guard depth <= Limits.moduleDepth else {
            throw .limit(
                place: place, reason: "modules are nested deeper than \(Limits.moduleDepth)")
        }
        var children: [(name: String, module: Module)] = []
        for (name, node) in tree["children"]?.object ?? [] {
            guard isModuleName(name) else {
                throw .malformed(
                    place: place, reason: "“\(name.prefix(40))” is no name of a module")
            }
            let child = try Module(
                tree: node, path: join(path, name), depth: depth + 1, from: &store)
            children.append((name, child))
        }
        let names = tree["tensors"]?.array?.compactMap(\.string) ?? []
        self.init(
            className: className, path: path, children: children,
            tensors: try store.claim(path, names),
            attributes: (tree["attributes"]?.object ?? []).attributes)
    }
}

extension [(key: String, value: JSON)] {
    fileprivate var attributes: [String: Attribute] {
        var attributes: [String: Attribute] = [:]
        for (key, value) in self {
            attributes[key.hasPrefix("$$") ? String(key.dropFirst()) : key] = Attribute(value)
        }
        return attributes
    }
}

extension Attribute {
    /// The attribute that was written so.
    fileprivate init(_ json: JSON) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(value)
        case .float(let value): self = .float(value)
        case .string(let value): self = .string(value)
        case .array(let items): self = .list(items.map { Attribute($0) })
        case .object(let items):
            if items.count == 1, let text = items[0].value.string, items[0].key == "$object" {
                self = .object(text)
            } else if items.count == 1, let text = items[0].value.string, items[0].key == "$float" {
                self = .float(Double(text) ?? .nan)
            } else {
                self = .map(items.attributes)
            }
        }
    }
}
