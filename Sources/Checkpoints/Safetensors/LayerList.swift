// The other form of the metadata's `architecture`, short enough to write by hand:
// {"nc": 6, "strides": [8, 16, 32], "reg_max": 16, "bn_eps": 0.001, "layers": [[FROM, CLASS, [ARGUMENTS]], …]}
// A layer's tensors stand under `model.INDEX`. Arguments are as built, channels included:
//
//     Conv, DynamicConv      [in, out, kernel = 1, stride = 1]
//     C2f…                   [in, out, bottlenecks = 1, shortcut = false]
//     C3…                    [in, out, bottlenecks = 1, shortcut = true]
//     Bottleneck…            [in, out, shortcut = true]
//     SPPF [in, out, kernel = 5]      SPP [in, out, [kernels] = [5, 9, 13]]
//     Upsample [scale, "nearest"]     Concat [dimension = 1]     Detect [classes, [channels]]
//
// A class is known by how its name begins. Whether a convolution is dynamic, normalised or biased is
// decided by the tensors that are there. What is left out has its standard; what is said otherwise than
// here, or beyond it, is refused: a padding that is passed over would make another network.

/// A model as a list of layers, to be expanded to the tree that a `.pt` has.
struct LayerList {
    private let layers: [Layer]
    private let strides: [Int]
    private let bins: Int
    private let epsilon: Double
    private let classes: Int

    private struct Layer {
        let inputs: [Int]
        let className: String
        let arguments: LayerArguments
        /// As the file writes it: one number, or a list.
        let wiring: Attribute
    }

    /// Reads the list; tensors are looked at in ``model(from:)``.
    init(_ architecture: JSON) throws(CheckpointError) {
        guard let list = architecture["layers"]?.array, list.count <= Limits.layers else {
            throw .refused(
                place: "architecture",
                reason: "has neither a `tree` of modules nor up to \(Limits.layers) `layers`")
        }
        func setting<Value>(
            _ name: String, else standard: Value, _ expected: String, _ read: (JSON) -> Value?
        ) throws(CheckpointError) -> Value {
            guard let json = architecture[name] else { return standard }
            guard let value = read(json) else {
                throw .malformed(
                    place: "\(name) of the architecture", reason: "must be \(expected)")
            }
            return value
        }
        strides = try setting("strides", else: [8, 16, 32], "a list of whole numbers", \.integers)
        bins = try setting("reg_max", else: 16, "a whole number", \.int)
        classes = try setting("nc", else: 0, "a whole number", \.int)
        epsilon = try setting("bn_eps", else: 1e-3, "a number", \.number)
        var layers: [Layer] = []
        for (i, item) in list.enumerated() {
            let place = "layer \(i) of the architecture"
            guard let parts = item.array, parts.count == 3, let name = parts[1].string,
                let arguments = parts[2].array,
                let inputs = parts[0].integers ?? parts[0].int.map({ [$0] })
            else {
                throw .malformed(place: place, reason: "is not [from, class, [arguments]]")
            }
            guard inputs.allSatisfy({ $0 >= -1 && $0 < i }) else {
                throw .malformed(place: place, reason: "takes a layer that is not before it")
            }
            layers.append(
                Layer(
                    inputs: inputs, className: name,
                    arguments: LayerArguments(arguments, place: "\(place) (\(name.prefix(40)))"),
                    wiring: parts[0].int.map(Attribute.int) ?? .list(inputs.map(Attribute.int))))
        }
        self.layers = layers
    }

    /// The tree, with the tensors it needs claimed.
    func model(from store: inout TensorStore) throws(CheckpointError) -> Module {
        var children: [(name: String, module: Module)] = []
        var builder = LayerBuilder(store: store, epsilon: epsilon, strides: strides, bins: bins)
        for (i, layer) in layers.enumerated() {
            let module = try builder.layer(layer.className, layer.arguments, path: "model.\(i)")
            children.append((String(i), module.wired(index: i, from: layer.wiring)))
        }
        store = builder.store
        let layers = Module(
            className: "Sequential", path: "model", children: children, tensors: [:],
            attributes: [:])
        return Module(
            className: "DetectionModel", path: "", children: [("model", layers)], tensors: [:],
            attributes: [
                "nc": .int(classes),
                "stride": .list(strides.map { .float(Double($0)) }),
            ])
    }
}

extension Module {
    fileprivate func wired(index: Int, from wiring: Attribute) -> Module {
        var attributes = attributes
        attributes["i"] = .int(index)
        attributes["f"] = wiring
        return Module(
            className: className, path: path, children: children, tensors: tensors,
            attributes: attributes)
    }
}

/// A layer's arguments, each checked as it is taken.
struct LayerArguments {
    private let values: [JSON]
    let place: String

    init(_ values: [JSON], place: String) {
        self.values = values
        self.place = place
    }

    /// Refuses arguments behind the last that the layer has.
    func check(atMost countMax: Int) throws(CheckpointError) {
        guard values.count <= countMax else {
            throw .malformed(
                place: place,
                reason: "has \(values.count) arguments; at most \(countMax) are known")
        }
    }

    /// A whole number from 1, where one stands or a standard is given.
    func int(_ i: Int, else standard: Int? = nil, max: Int) throws(CheckpointError) -> Int {
        guard let value = i < values.count ? values[i].int : standard, (1...max).contains(value)
        else {
            throw .malformed(
                place: place, reason: "argument \(i) must be a whole number from 1 to \(max)")
        }
        return value
    }

    /// Whole numbers from 1.
    func integers(_ i: Int, else standard: [Int]? = nil, max: Int) throws(CheckpointError) -> [Int]
    {
        guard let list = i < values.count ? values[i].integers : standard, list.count <= 64,
            list.allSatisfy({ (1...max).contains($0) })
        else {
            throw .malformed(
                place: place,
                reason: "argument \(i) must be a list of whole numbers from 1 to \(max)")
        }
        return list
    }

    /// True or false.
    func bool(_ i: Int, else standard: Bool) throws(CheckpointError) -> Bool {
        guard let value = i < values.count ? values[i].bool : standard else {
            throw .malformed(place: place, reason: "argument \(i) must be true or false")
        }
        return value
    }

    /// A word.
    func text(_ i: Int, else standard: String) throws(CheckpointError) -> String {
        guard let value = i < values.count ? values[i].string : standard else {
            throw .malformed(place: place, reason: "argument \(i) must be a word")
        }
        return value
    }
}
