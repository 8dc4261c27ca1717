import Checkpoints
import Inference
import Testing

extension Tensor {
    /// A tensor of noise, or of one value.
    static func make(_ shape: Int..., value: Float? = nil) -> Tensor {
        let count = shape.reduce(1, *)
        var noise = Noise(seed: UInt64(count))
        let floats = value.map { [Float](repeating: $0, count: count) } ?? noise.floats(count)
        return Tensor(floats, shape: shape)
    }
}

extension Module {
    /// A module by hand; paths are given by ``placed(at:)``.
    static func make(
        _ className: String, _ children: KeyValuePairs<String, Module> = [:],
        tensors: [String: Tensor] = [:], _ attributes: [String: Attribute] = [:]
    ) -> Module {
        Module(
            className: className, path: "", children: children.map { ($0.key, $0.value) },
            tensors: tensors, attributes: attributes)
    }

    static func conv2d(
        _ input: Int, _ output: Int, _ kernel: Int = 1, stride: Int = 1, padding: Int? = nil,
        groups: Int = 1, bias: Bool = false, _ more: [String: Attribute] = [:]
    ) -> Module {
        var tensors = ["weight": Tensor.make(output, input / groups, kernel, kernel)]
        if bias { tensors["bias"] = .make(output) }
        let attributes: [String: Attribute] = [
            "stride": .pair(stride), "padding": .pair(padding ?? kernel / 2), "dilation": .pair(1),
            "groups": .int(groups), "padding_mode": .string("zeros"), "transposed": .bool(false),
        ]
        return make("Conv2d", tensors: tensors, attributes.merging(more) { $1 })
    }

    static func batchNorm(_ channels: Int) -> Module {
        make(
            "BatchNorm2d",
            tensors: [
                "weight": .make(channels), "bias": .make(channels), "running_mean": .make(channels),
                "running_var": .make(channels, value: 0.5),
            ], ["eps": .float(1e-3), "affine": .bool(true)])
    }

    /// A plain convolution with normalisation and activation.
    static func conv(
        _ input: Int, _ output: Int, _ kernel: Int = 1, stride: Int = 1, groups: Int = 1,
        act: String = "SiLU"
    ) -> Module {
        make(
            "Conv",
            [
                "conv": conv2d(input, output, kernel, stride: stride, groups: groups),
                "bn": batchNorm(output), "act": make(act),
            ])
    }

    static func linear(_ input: Int, _ output: Int) -> Module {
        make("Linear", tensors: ["weight": .make(output, input), "bias": .make(output)])
    }

    /// M experts stored flat; `stored`: whether the window size and C_out stand in the file.
    static func dynamic(
        _ input: Int, _ output: Int, _ kernel: Int = 3, experts: Int = 4, groups: Int = 1,
        bias: Bool = false, routing: Module? = nil, stored: Bool = true,
        _ more: [String: Attribute] = [:]
    ) -> Module {
        var tensors = ["weight": Tensor.make(experts, output * input / groups * kernel * kernel)]
        if bias { tensors["bias"] = .make(experts, output) }
        var attributes: [String: Attribute] = [
            "stride": .pair(1), "padding": .pair(kernel / 2), "dilation": .pair(1),
            "groups": .int(groups), "dynamic_padding": .bool(false),
        ]
        if stored {
            attributes["kernel_size"] = .pair(kernel)
            attributes["out_channels"] = .int(output)
        }
        return make(
            "DynamicConv",
            [
                "routing": routing ?? linear(input, experts),
                "cond_conv": make("CondConv2d", tensors: tensors, attributes.merging(more) { $1 }),
            ])
    }

    /// A list of modules, numbered.
    static func list(_ className: String, _ modules: [Module]) -> Module {
        Module(
            className: className, path: "",
            children: modules.enumerated().map { ("\($0.offset)", $0.element) }, tensors: [:],
            attributes: [:])
    }

    static func detect(
        channels: [Int], classes: Int = 2, bins: Int = 4, strides: [Double] = [8],
        extra: [(name: String, module: Module)] = [], _ more: [String: Attribute] = [:]
    ) -> Module {
        func branches(_ outputs: Int) -> Module {
            list(
                "ModuleList",
                channels.map {
                    list("Sequential", [conv($0, 5, 3), conv2d(5, outputs, bias: true)])
                })
        }
        let attributes: [String: Attribute] = [
            "nc": .int(classes), "reg_max": .int(bins),
            "stride": .list(strides.map { .float($0) }),
        ]
        return Module(
            className: "Detect", path: "",
            children: [("cv2", branches(4 * bins)), ("cv3", branches(classes))] + extra,
            tensors: [:], attributes: attributes.merging(more) { $1 })
    }

    /// The same module reading other layers.
    func reading(_ from: Attribute) -> Module {
        Module(
            className: className, path: path, children: children, tensors: tensors,
            attributes: attributes.merging(["f": from]) { $1 })
    }

    /// The same module without a tensor, attribute or child.
    func without(_ name: String) -> Module {
        Module(
            className: className, path: path, children: children.filter { $0.name != name },
            tensors: tensors.filter { $0.key != name },
            attributes: attributes.filter { $0.key != name })
    }

    /// The same module with one child changed; a dotted path goes deeper.
    func changing(_ path: String, _ change: (Module) -> Module) -> Module {
        let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
        return Module(
            className: className, path: self.path,
            children: children.map { child in
                guard child.name == parts[0] else { return child }
                let changed =
                    parts.count == 1
                    ? change(child.module) : child.module.changing(parts[1], change)
                return (child.name, changed)
            }, tensors: tensors, attributes: attributes)
    }

    /// The same module with other attributes beside its own.
    func with(_ more: [String: Attribute]) -> Module {
        Module(
            className: className, path: path, children: children, tensors: tensors,
            attributes: attributes.merging(more) { $1 })
    }

    /// The tree with every module's path.
    func placed(at path: String) -> Module {
        Module(
            className: className, path: path,
            children: children.map {
                ($0.name, $0.module.placed(at: path.isEmpty ? $0.name : "\(path).\($0.name)"))
            }, tensors: tensors, attributes: attributes)
    }
}

extension Module: CustomTestStringConvertible {
    /// Short: a tree is long.
    package var testDescription: String { "\(className) of \(children.map { $0.name })" }
}

extension Attribute {
    static func pair(_ value: Int) -> Attribute { .list([.int(value), .int(value)]) }
}

extension Checkpoint {
    /// A model of these layers; each reads the one before unless it says otherwise.
    static func make(
        _ layers: [Module], names: [String] = [], task: String = "detect",
        other: [String: String] = [:]
    ) -> Checkpoint {
        let wired = layers.map { $0.attributes["f"] == nil ? $0.reading(.int(-1)) : $0 }
        let root = Module.make("DetectionModel", ["model": .list("Sequential", wired)])
        return Checkpoint(
            root: root.placed(at: ""),
            metadata: Metadata(names: names, stride: 32, imageSize: 64, task: task, other: other))
    }

    /// A stem of 6 channels, the layers under test, and a head on `channels` channels.
    static func around(_ middle: Module..., channels: Int) -> Checkpoint {
        make([.conv(3, 6, 3, stride: 2)] + middle + [.detect(channels: [channels])])
    }
}
