extension Checkpoint {
    /// Reads a `.safetensors` whose metadata has an `architecture`: the tree that ``write(to:)`` emits, or
    /// a list of layers (see ``LayerList``).
    convenience init(safetensors bytes: FileBytes) throws(CheckpointError) {
        let file = try SafetensorsFile(bytes)
        guard let text = file.metadata["architecture"] else {
            throw .refused(
                place: "metadata",
                reason: "has no architecture, without which weights are no model; "
                    + "`dynadetect convert` writes one")
        }
        let architecture = try JSONParser.parse(text, name: "architecture")
        var store = try TensorStore(file.tensors)
        let root: Module
        if let tree = architecture["tree"] {
            root = try Module(tree: tree, path: "", from: &store)
        } else {
            root = try LayerList(architecture).model(from: &store)
        }
        try store.checkAllClaimed()
        self.init(root: root, metadata: try Metadata(safetensors: file.metadata))
    }
}

extension Metadata {
    /// Reads the strings of a safetensors file: `names` (JSON: an object of id and name, or a list),
    /// `stride`, `imgsz` (a number, or JSON: height and width), `task`.
    fileprivate init(safetensors strings: [String: String]) throws(CheckpointError) {
        func number(_ key: String, else standard: Int) throws(CheckpointError) -> Int {
            guard let text = strings[key] else { return standard }
            let json = try JSONParser.parse(text, name: key)
            guard let number = json.int ?? json.integers?.max() else {
                throw .malformed(place: key, reason: "“\(text.prefix(40))” is no integer")
            }
            return number
        }
        let reserved = Metadata.reservedKeys
        let metadata = Metadata(
            names: try strings["names"].map { text throws(CheckpointError) in
                try Metadata.names(json: text)
            } ?? [],
            stride: try number("stride", else: 32), imageSize: try number("imgsz", else: 640),
            task: strings["task"] ?? "detect", other: strings.filter { !reserved.contains($0.key) })
        self = try metadata.checked()
    }

    /// The same as strings, without the architecture.
    var strings: [String: String] {
        var strings = other
        let pairs = names.enumerated().map { (key: String($0), value: JSON.string($1)) }
        strings["names"] = JSON.object(pairs).text
        strings["stride"] = String(stride)
        strings["imgsz"] = String(imageSize)
        strings["task"] = task
        return strings
    }

    private static let reservedKeys: Set<String> = [
        "names", "stride", "imgsz", "task", "architecture",
    ]

    private static func names(json text: String) throws(CheckpointError) -> [String] {
        let json = try JSONParser.parse(text, name: "names")
        var pairs: [(id: Int, name: String)] = []
        let items =
            json.object ?? json.array?.enumerated().map { (key: String($0), value: $1) }
            ?? [(key: "", value: json)]
        for (key, value) in items {
            guard let id = Int(key), let name = value.string else {
                throw .malformed(
                    place: "names",
                    reason: "must be a JSON object of class id and name, or a list of names")
            }
            pairs.append((id, name))
        }
        return try names(pairs)
    }
}
