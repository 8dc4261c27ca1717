/// The tensors of a safetensors file by module, each to be claimed once.
struct TensorStore {
    private var modules: [String: [String: Tensor]] = [:]
    /// In the file's order.
    private let names: [String]

    /// Splits each name at its last dot: the module's path, the tensor's name.
    init(_ tensors: [(name: String, tensor: Tensor)]) throws(CheckpointError) {
        names = tensors.map(\.name)
        for (name, tensor) in tensors {
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            guard let last = parts.last, parts.allSatisfy({ isModuleName(String($0)) }) else {
                throw .malformed(
                    place: "“\(name.prefix(80))”", reason: "is no dotted path of a tensor")
            }
            modules[parts.dropLast().joined(separator: "."), default: [:]][String(last)] = tensor
        }
    }

    /// Whether a module has such a tensor that nobody claimed.
    func has(_ path: String, _ name: String) -> Bool { modules[path]?[name] != nil }

    /// A tensor that will be claimed, to look at its shape.
    func look(_ path: String, _ name: String) -> Tensor? { modules[path]?[name] }

    /// Takes tensors of one module.
    mutating func claim(
        _ path: String, _ names: [String], optional: [String] = []
    ) throws(CheckpointError) -> [String: Tensor] {
        var claimed: [String: Tensor] = [:]
        for name in names + optional {
            if let tensor = modules[path]?.removeValue(forKey: name) {
                claimed[name] = tensor
            } else if !optional.contains(name) {
                throw .malformed(place: join(path, name), reason: "the tensor is missing")
            }
        }
        return claimed
    }

    /// Refuses a file with tensors that no module has: its architecture is another one.
    func checkAllClaimed() throws(CheckpointError) {
        guard modules.contains(where: { !$0.value.isEmpty }) else { return }
        let left = names.first { name in
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            return has(parts.dropLast().joined(separator: "."), String(parts.last ?? ""))
        }
        throw .malformed(
            place: left ?? "tensors", reason: "no module of the architecture has this tensor")
    }
}
