extension LayerBuilder {
    /// A convolution, static or dynamic, with batch normalisation unless it is fused, and SiLU.
    mutating func conv(
        _ name: String, _ path: String, _ input: Int, _ output: Int, kernel: Int = 1,
        stride: Int = 1
    ) throws(CheckpointError) -> Module {
        let inner = join(path, "conv")
        var children: [(name: String, module: Module)] = []
        if store.has(join(inner, "cond_conv"), "weight") {
            let dynamic = try dynamic(
                "DynamicConv", inner, input, output, kernel: kernel, stride: stride)
            children.append(("conv", dynamic))
        } else {
            let conv = try conv2d(inner, input, output, kernel: kernel, stride: stride)
            children.append(("conv", conv))
        }
        let normalisation = join(path, "bn")
        if store.has(normalisation, "weight") {
            let tensors = try store.claim(
                normalisation, ["weight", "bias", "running_mean", "running_var"],
                optional: ["num_batches_tracked"])
            for (name, tensor) in tensors where name != "num_batches_tracked" {
                try check(tensor, [output], join(normalisation, name))
            }
            children.append(
                (
                    "bn",
                    module(
                        "BatchNorm2d", normalisation, tensors: tensors,
                        attributes: ["num_features": .int(output), "eps": .float(epsilon)])
                ))
        }
        children.append(("act", module("SiLU", join(path, "act"))))
        return module(name, path, children)
    }

    /// A plain convolution, padded to keep its size at stride 1.
    mutating func conv2d(
        _ path: String, _ input: Int, _ output: Int, kernel: Int = 1, stride: Int = 1
    ) throws(CheckpointError) -> Module {
        try checkWidths(input, output, path)
        let tensors = try store.claim(path, ["weight"], optional: ["bias"])
        // How many groups there are is the one thing that the weight alone decides.
        let inputs = tensors["weight"].flatMap { $0.shape.count == 4 ? $0.shape[1] : nil } ?? 0
        let groups = inputs > 0 && input.isMultiple(of: inputs) ? input / inputs : 1
        if let weight = tensors["weight"] {
            try check(weight, [output, input / groups, kernel, kernel], join(path, "weight"))
        }
        if let bias = tensors["bias"] { try check(bias, [output], join(path, "bias")) }
        var attributes = geometry(input, output, kernel: kernel, stride: stride, groups: groups)
        attributes["padding_mode"] = .string("zeros")
        return module("Conv2d", path, tensors: tensors, attributes: attributes)
    }

    /// A dynamic convolution: `routing` and `cond_conv`.
    mutating func dynamic(
        _ name: String, _ path: String, _ input: Int, _ output: Int, kernel: Int, stride: Int
    ) throws(CheckpointError) -> Module {
        try checkWidths(input, output, path)
        let (routingPath, mixedPath) = (join(path, "routing"), join(path, "cond_conv"))
        let routing = try store.claim(routingPath, ["weight", "bias"])
        let mixed = try store.claim(mixedPath, ["weight"], optional: ["bias"])
        let shape = mixed["weight"]?.shape ?? []
        guard shape.count == 2, (1...Limits.channels).contains(shape[0]) else {
            throw .malformed(
                place: join(mixedPath, "weight"),
                reason: "is of shape \(shape), not [experts, kernel]")
        }
        // The kernel is output · input / groups · k²: its size tells the groups.
        let whole = output * input * kernel * kernel
        guard shape[1] > 0, whole.isMultiple(of: shape[1]) else {
            throw .malformed(
                place: join(mixedPath, "weight"),
                reason: "experts of \(shape[1]) weights are no kernels of \(output) × \(input) × "
                    + "\(kernel) × \(kernel)")
        }
        let experts = shape[0]
        if let weight = routing["weight"] {
            try check(weight, [experts, input], join(routingPath, "weight"))
        }
        if let bias = routing["bias"] { try check(bias, [experts], join(routingPath, "bias")) }
        if let bias = mixed["bias"] { try check(bias, [experts, output], join(mixedPath, "bias")) }
        let groups = whole / shape[1]
        var attributes = geometry(input, output, kernel: kernel, stride: stride, groups: groups)
        attributes["num_experts"] = .int(experts)
        attributes["dynamic_padding"] = .bool(false)
        let linear = module(
            "Linear", routingPath, tensors: routing,
            attributes: ["in_features": .int(input), "out_features": .int(experts)])
        let condConv = module("CondConv2d", mixedPath, tensors: mixed, attributes: attributes)
        return module(name, path, [("routing", linear), ("cond_conv", condConv)])
    }

    // MARK: - Parts

    /// A pooling layer that keeps the size.
    func pool(_ path: String, kernel: Int) -> Module {
        module(
            "MaxPool2d", path,
            attributes: [
                "kernel_size": .int(kernel), "stride": .int(1), "padding": .int(kernel / 2),
                "dilation": .int(1), "ceil_mode": .bool(false),
            ])
    }

    func module(
        _ name: String, _ path: String, _ children: [(name: String, module: Module)] = [],
        tensors: [String: Tensor] = [:], attributes: [String: Attribute] = [:]
    ) -> Module {
        Module(
            className: name, path: path, children: children, tensors: tensors,
            attributes: attributes)
    }

    /// Modules under `0`, `1`, ….
    func list(_ name: String, _ path: String, _ items: [Module]) -> Module {
        module(name, path, items.enumerated().map { (String($0), $1) })
    }

    private func geometry(
        _ input: Int, _ output: Int, kernel: Int, stride: Int, groups: Int
    ) -> [String: Attribute] {
        func pair(_ value: Int) -> Attribute { .list([.int(value), .int(value)]) }
        return [
            "in_channels": .int(input), "out_channels": .int(output), "kernel_size": pair(kernel),
            "stride": pair(stride), "padding": pair(kernel / 2), "dilation": pair(1),
            "groups": .int(groups),
        ]
    }

    /// Widths that were read from shapes may be anything; below this no product of them overflows.
    private func checkWidths(_ input: Int, _ output: Int, _ path: String) throws(CheckpointError) {
        let widths = 1...Limits.channels * 16
        guard widths.contains(input), widths.contains(output) else {
            throw .malformed(place: path, reason: "\(input) → \(output) channels")
        }
    }

    private func check(_ tensor: Tensor, _ shape: [Int], _ place: String) throws(CheckpointError) {
        guard tensor.shape == shape else {
            throw .malformed(
                place: place, reason: "is of shape \(tensor.shape), but the layer needs \(shape)")
        }
    }
}
