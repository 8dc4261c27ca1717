/// Lays a checkpoint out as `.safetensors`: the tree of modules in the metadata, tensors by full path.
///
/// Tensors stand by falling size of their elements, without gaps (the format allows none): the data
/// begins at a multiple of 64 bytes, so each is aligned for its elements.
struct SafetensorsWriter {
    private let tensors: [(name: String, tensor: Tensor)]
    private let header: [UInt8]

    /// Lays out; nothing is written yet.
    init(_ checkpoint: Checkpoint) {
        var tensors: [(name: String, tensor: Tensor)] = []
        SafetensorsWriter.collect(checkpoint.root, into: &tensors)
        let sizes = [8, 4, 2, 1]
        self.tensors = sizes.flatMap { size in
            tensors.filter { $0.tensor.elementType.byteCount == size }
        }
        var strings = checkpoint.metadata.strings
        strings["architecture"] = JSON.object([("tree", JSON(checkpoint.root))]).text
        var items: [(key: String, value: JSON)] = [
            (
                "__metadata__",
                .object(strings.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
            )
        ]
        var offset = 0
        for (name, tensor) in self.tensors {
            let end = offset + tensor.count * tensor.elementType.byteCount
            items.append(
                (
                    name,
                    .object([
                        ("dtype", .string(tensor.elementType.safetensors)),
                        ("shape", .array(tensor.shape.map(JSON.int))),
                        ("data_offsets", .array([.int(offset), .int(end)])),
                    ])
                ))
            offset = end
        }
        var header = Array(JSON.object(items).text.utf8)
        while !(header.count + 8).isMultiple(of: 64) { header.append(UInt8(ascii: " ")) }
        self.header = header
    }

    /// Writes the file; it appears whole or not at all.
    func write(to path: String) throws(CheckpointError) {
        guard header.count <= Limits.headerBytes else {
            throw .limit(
                place: path, reason: "the header would be longer than \(Limits.headerBytes) bytes")
        }
        var file = try NewFile(replacing: path)
        try file.write((0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) })
        try file.write(header)
        for (_, tensor) in tensors { try file.write(tensor.bytes()) }
        try file.finish()
    }

    private static func collect(
        _ module: Module, into tensors: inout [(name: String, tensor: Tensor)]
    ) {
        for (name, tensor) in module.tensors.sorted(by: { $0.key < $1.key }) {
            tensors.append((join(module.path, name), tensor))
        }
        for (_, child) in module.children { collect(child, into: &tensors) }
    }
}
