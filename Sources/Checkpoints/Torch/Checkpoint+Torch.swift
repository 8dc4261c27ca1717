extension Checkpoint {
    /// Reads what Ultralytics and torch.save write: `ema` where it is not None, else `model`.
    ///
    /// Other keys (the optimizer's state, metrics) are walked past, never interpreted.
    convenience init(torch bytes: FileBytes) throws(CheckpointError) {
        let file = try TorchFile(bytes)
        let model = try file.model()
        var modules = TorchModules(file)
        let root = try modules.module(model, path: "")
        self.init(root: root, metadata: try file.metadata(of: model, root: root))
    }
}

extension TorchFile {
    /// The record of the model.
    fileprivate func model() throws(CheckpointError) -> PickleValue {
        if TorchModules.isModule(root, in: heap) { return root }
        guard case .dict = root else {
            throw .refused(
                place: "data.pkl",
                reason: "holds no model; a dict with `model` or `ema` is supported")
        }
        guard let model = heap.value("ema", of: root) ?? heap.value("model", of: root),
            TorchModules.isModule(model, in: heap)
        else {
            throw .refused(
                place: "data.pkl",
                reason: "holds no model under `ema` or `model`; a file with only weights (a "
                    + "state_dict) lacks the tree of modules: save the model itself")
        }
        return model
    }

    /// What the file says beside the weights: of the model first, then of its training.
    fileprivate func metadata(
        of model: PickleValue, root module: Module
    ) throws(CheckpointError) -> Metadata {
        let state = heap.state(model)
        let names = heap.value("names", of: state) ?? heap.value("names", of: root)
        let training = heap.value("train_args", of: root)
        let settings = [
            training, heap.value("args", of: state), heap.value("overrides", of: state),
        ]
        .compactMap { $0 }
        func setting(_ name: String) -> PickleValue? {
            for place in settings {
                let dict = if case .record = place { heap.state(place) } else { place }
                if let value = heap.value(name, of: dict) { return value }
            }
            return nil
        }
        let strides = module.attributes["stride"] ?? module.detect?.attributes["stride"]
        var metadata = Metadata(
            names: try names.map { value throws(CheckpointError) in try classNames(value) } ?? [],
            stride: strides?.largest ?? 32, imageSize: largest(setting("imgsz")) ?? 640)
        if case .string(let task)? = heap.value("task", of: state) ?? setting("task") {
            metadata.task = task
        }
        for key in ["version", "date", "license", "description", "author", "docs"] {
            if case .string(let text)? = heap.value(key, of: root) { metadata.other[key] = text }
        }
        return try metadata.checked()
    }

    private func classNames(_ value: PickleValue) throws(CheckpointError) -> [String] {
        func text(_ value: PickleValue) -> String {
            switch value {
            case .string(let text): text
            case .int(let number): String(number)
            default: "?"
            }
        }
        if let items = heap.items(value) { return items.map(text) }
        guard case .dict(let i) = value else {
            throw .malformed(place: "names", reason: "is neither a dict nor a list")
        }
        var pairs: [(id: Int, name: String)] = []
        for (key, value) in heap.dicts[i] {
            guard case .int(let id) = key else {
                throw .malformed(place: "names", reason: "has a class id that is no integer")
            }
            pairs.append((id, text(value)))
        }
        return try Metadata.names(pairs)
    }

    /// An image size as Ultralytics writes it: a number, or height and width.
    private func largest(_ value: PickleValue?) -> Int? {
        guard let value else { return nil }
        if case .int(let size) = value { return size }
        return heap.items(value)?.compactMap { item in
            if case .int(let size) = item { size } else { nil }
        }.max()
    }
}

extension Module {
    /// The last layer, which knows the strides.
    fileprivate var detect: Module? { self[child: "model"]?.children.last?.module }
}

extension Attribute {
    /// The largest number of a list, or the number itself, where it is a whole one.
    fileprivate var largest: Int? {
        switch self {
        case .int(let number): number
        case .float(let number): Int(exactly: number)
        case .list(let items): items.compactMap(\.largest).max()
        default: nil
        }
    }
}
