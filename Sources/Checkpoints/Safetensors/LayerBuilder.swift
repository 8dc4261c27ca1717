/// Builds the modules of one layer of a ``LayerList``, with the children that a `.pt` of it has.
struct LayerBuilder {
    /// What is left to claim.
    var store: TensorStore
    let epsilon: Double
    let strides: [Int]
    let bins: Int

    /// A layer by how its class's name begins.
    mutating func layer(
        _ name: String, _ arguments: LayerArguments, path: String
    ) throws(CheckpointError) -> Module {
        let channels = Limits.channels
        func input() throws(CheckpointError) -> Int { try arguments.int(0, max: channels) }
        func output() throws(CheckpointError) -> Int { try arguments.int(1, max: channels) }
        if name.hasPrefix("DynamicConv") {
            try arguments.check(atMost: 4)
            return try dynamic(
                name, path, input(), output(), kernel: arguments.int(2, else: 1, max: 63),
                stride: arguments.int(3, else: 1, max: 64))
        } else if name.hasPrefix("Conv") {
            try arguments.check(atMost: 4)
            return try conv(
                name, path, input(), output(), kernel: arguments.int(2, else: 1, max: 63),
                stride: arguments.int(3, else: 1, max: 64))
        } else if name.hasPrefix("C2f") {
            try arguments.check(atMost: 4)
            return try c2f(
                name, path, input(), output(), count: arguments.int(2, else: 1, max: Limits.layers),
                shortcut: arguments.bool(3, else: false))
        } else if name.hasPrefix("C3") {
            try arguments.check(atMost: 4)
            return try c3(
                name, path, input(), output(), count: arguments.int(2, else: 1, max: Limits.layers),
                shortcut: arguments.bool(3, else: true))
        } else if name.hasPrefix("Bottleneck") {
            try arguments.check(atMost: 3)
            return try bottleneck(
                name, path, input(), output(), kernels: (3, 3),
                shortcut: arguments.bool(2, else: true))
        } else if name.hasPrefix("SPPF") {
            try arguments.check(atMost: 3)
            let pool = try pool(
                join(path, "m"), kernel: arguments.int(2, else: 5, max: 63))
            return try pyramid(name, path, input(), output(), pools: 3, m: pool)
        } else if name.hasPrefix("SPP") {
            try arguments.check(atMost: 3)
            let kernels = try arguments.integers(2, else: [5, 9, 13], max: 63)
            let m = list(
                "ModuleList", join(path, "m"),
                kernels.enumerated().map { pool("\(path).m.\($0)", kernel: $1) })
            return try pyramid(name, path, input(), output(), pools: kernels.count, m: m)
        } else if name.hasSuffix("Upsample") {
            try arguments.check(atMost: 2)
            return module(
                "Upsample", path,
                attributes: [
                    "size": .null,
                    "scale_factor": .float(Double(try arguments.int(0, max: 64))),
                    "mode": .string(try arguments.text(1, else: "nearest")),
                ])
        } else if name.hasPrefix("Concat") {
            try arguments.check(atMost: 1)
            return module(
                name, path, attributes: ["d": .int(try arguments.int(0, else: 1, max: 3))])
        } else if name.hasPrefix("Detect") {
            try arguments.check(atMost: 2)
            return try detect(
                name, path, classes: arguments.int(0, max: Limits.classes),
                channels: arguments.integers(1, max: channels))
        }
        throw .refused(
            place: path,
            reason:
                "the layer \(name.prefix(40)) is unknown; Conv, DynamicConv, C2f, C3, Bottleneck, "
                + "SPP, SPPF, Upsample, Concat and Detect are supported")
    }

    // MARK: - Blocks

    private mutating func c2f(
        _ name: String, _ path: String, _ input: Int, _ output: Int, count: Int, shortcut: Bool
    ) throws(CheckpointError) -> Module {
        let hidden = output / 2
        let cv1 = try conv("Conv", join(path, "cv1"), input, 2 * hidden)
        let cv2 = try conv("Conv", join(path, "cv2"), (2 + count) * hidden, output)
        let m = try bottlenecks(
            "ModuleList", name, path, hidden, count: count, kernels: (3, 3), shortcut: shortcut)
        return module(
            name, path, [("cv1", cv1), ("cv2", cv2), ("m", m)], attributes: ["c": .int(hidden)])
    }

    private mutating func c3(
        _ name: String, _ path: String, _ input: Int, _ output: Int, count: Int, shortcut: Bool
    ) throws(CheckpointError) -> Module {
        let hidden = output / 2
        let cv1 = try conv("Conv", join(path, "cv1"), input, hidden)
        let cv2 = try conv("Conv", join(path, "cv2"), input, hidden)
        let cv3 = try conv("Conv", join(path, "cv3"), 2 * hidden, output)
        let m = try bottlenecks(
            "Sequential", name, path, hidden, count: count, kernels: (1, 3), shortcut: shortcut)
        return module(name, path, [("cv1", cv1), ("cv2", cv2), ("cv3", cv3), ("m", m)])
    }

    private mutating func bottlenecks(
        _ listName: String, _ name: String, _ path: String, _ channels: Int, count: Int,
        kernels: (Int, Int), shortcut: Bool
    ) throws(CheckpointError) -> Module {
        var blocks: [Module] = []
        for i in 0..<count {
            // `C2f_DynamicConv` holds `Bottleneck_DynamicConv`s, `C2f` `Bottleneck`s.
            let suffix = name.firstIndex(of: "_").map { String(name[$0...]) } ?? ""
            blocks.append(
                try bottleneck(
                    "Bottleneck" + suffix, "\(path).m.\(i)", channels, channels, kernels: kernels,
                    shortcut: shortcut))
        }
        return list(listName, join(path, "m"), blocks)
    }

    private mutating func bottleneck(
        _ name: String, _ path: String, _ input: Int, _ output: Int, kernels: (Int, Int),
        shortcut: Bool
    ) throws(CheckpointError) -> Module {
        // A whole bottleneck is as wide inside as its output, or half as wide: the file says.
        let hidden = store.look("\(path).cv1.conv", "weight")?.shape.first ?? output
        let cv1 = try conv("Conv", join(path, "cv1"), input, hidden, kernel: kernels.0)
        let cv2 = try conv("Conv", join(path, "cv2"), hidden, output, kernel: kernels.1)
        return module(
            name, path, [("cv1", cv1), ("cv2", cv2)],
            attributes: ["add": .bool(shortcut && input == output)])
    }

    private mutating func pyramid(
        _ name: String, _ path: String, _ input: Int, _ output: Int, pools: Int, m: Module
    ) throws(CheckpointError) -> Module {
        let hidden = input / 2
        let cv1 = try conv("Conv", join(path, "cv1"), input, hidden)
        let cv2 = try conv("Conv", join(path, "cv2"), hidden * (pools + 1), output)
        return module(name, path, [("cv1", cv1), ("cv2", cv2), ("m", m)])
    }

    private mutating func detect(
        _ name: String, _ path: String, classes: Int, channels: [Int]
    ) throws(CheckpointError) -> Module {
        guard (1...64).contains(bins) else {
            throw .malformed(
                place: "reg_max of the architecture", reason: "is \(bins); 1 to 64 is supported")
        }
        guard channels.count == strides.count else {
            throw .malformed(
                place: path, reason: "\(channels.count) inputs for \(strides.count) strides")
        }
        let cv2 = try branches(join(path, "cv2"), channels, output: 4 * bins)
        let cv3 = try branches(join(path, "cv3"), channels, output: classes)
        let projection = try conv2d(join(path, "dfl.conv"), bins, 1)
        let dfl = module(
            "DFL", join(path, "dfl"), [("conv", projection)], attributes: ["c1": .int(bins)])
        return module(
            name, path, [("cv2", cv2), ("cv3", cv3), ("dfl", dfl)],
            attributes: [
                "nc": .int(classes), "nl": .int(channels.count), "reg_max": .int(bins),
                "no": .int(classes + 4 * bins),
                "stride": .list(strides.map { .float(Double($0)) }),
            ])
    }

    /// For each scale two convolutions and a projection; hidden widths are the file's.
    private mutating func branches(
        _ path: String, _ channels: [Int], output: Int
    ) throws(CheckpointError) -> Module {
        var scales: [Module] = []
        for (i, input) in channels.enumerated() {
            let path = "\(path).\(i)"
            var width = input
            var steps: [Module] = []
            for k in 0..<2 {
                let hidden = store.look("\(path).\(k).conv", "weight")?.shape.first ?? width
                steps.append(try conv("Conv", "\(path).\(k)", width, hidden, kernel: 3))
                width = hidden
            }
            steps.append(try conv2d("\(path).2", width, output))
            scales.append(list("Sequential", path, steps))
        }
        return list("ModuleList", path, scales)
    }
}
