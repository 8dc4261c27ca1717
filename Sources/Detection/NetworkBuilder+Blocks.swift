import Checkpoints
import Inference

/// The blocks: what each makes of x, in the reference's words.
extension NetworkBuilder {
    /// `cv2(cv1(x))`, and x added to it when the file says so.
    mutating func bottleneck(
        _ module: Module, from x: Graph.Value, depth: Int
    ) throws(ModelError) -> Graph.Value {
        let hasShortcut = try module.flag("add")
        let inner = try part("cv1", of: module, from: x, depth: depth)
        let y = try part("cv2", of: module, from: inner, depth: depth)
        return hasShortcut ? try sum(x, y, of: module) : y
    }

    /// `cv1` makes two halves; each of `m` works on the last; `cv2` joins them all.
    mutating func c2f(
        _ module: Module, from x: Graph.Value, depth: Int
    ) throws(ModelError) -> Graph.Value {
        var parts = try halves(of: module, from: x, depth: depth)
        for (_, block) in try module.child("m").children {
            guard let last = parts.last else { break }
            parts.append(try value(of: block, from: [last], depth: depth + 1))
        }
        return try join(parts, by: "cv2", of: module, depth: depth)
    }

    /// `cv2(m(a), b)`, where a and b are the halves that `cv1` makes.
    mutating func c2(
        _ module: Module, from x: Graph.Value, depth: Int
    ) throws(ModelError) -> Graph.Value {
        var parts = try halves(of: module, from: x, depth: depth)
        parts[0] = try part("m", of: module, from: parts[0], depth: depth)
        return try join(parts, by: "cv2", of: module, depth: depth)
    }

    /// `cv3(m(cv1(x)), cv2(x))`.
    mutating func c3(
        _ module: Module, from x: Graph.Value, depth: Int
    ) throws(ModelError) -> Graph.Value {
        let inner = try part("cv1", of: module, from: x, depth: depth)
        let deep = try part("m", of: module, from: inner, depth: depth)
        let flat = try part("cv2", of: module, from: x, depth: depth)
        return try join([deep, flat], by: "cv3", of: module, depth: depth)
    }

    /// `cv2` of `cv1(x)` and its maxima over the windows of `m`, side by side.
    mutating func spp(
        _ module: Module, from x: Graph.Value, depth: Int
    ) throws(ModelError) -> Graph.Value {
        var parts = [try part("cv1", of: module, from: x, depth: depth)]
        for (_, pool) in try module.child("m").children {
            parts.append(try maxPool(pool, from: parts[0]))
        }
        return try join(parts, by: "cv2", of: module, depth: depth)
    }

    /// As SPP, but `m` is applied `n` times, each to the last maximum; x is added when the file says so.
    mutating func sppf(
        _ module: Module, from x: Graph.Value, depth: Int
    ) throws(ModelError) -> Graph.Value {
        let repeats = try module.integer("n", in: 1...16, default: 3)
        let hasShortcut = try module.flag("add", default: false)
        var last = try part("cv1", of: module, from: x, depth: depth)
        var parts = [last]
        for _ in 0..<repeats {
            last = try part("m", of: module, from: last, depth: depth)
            parts.append(last)
        }
        let y = try join(parts, by: "cv2", of: module, depth: depth)
        return hasShortcut ? try sum(x, y, of: module) : y
    }

    /// `cv1(x)`, and beside it what `cv2` makes of that.
    mutating func ghostConvolution(
        _ module: Module, from x: Graph.Value, depth: Int
    ) throws(ModelError) -> Graph.Value {
        let own = try part("cv1", of: module, from: x, depth: depth)
        let ghost = try part("cv2", of: module, from: own, depth: depth)
        return try concatenate([own, ghost], of: module)
    }

    /// GhostNet's own form of the same, cut to the channels it should make.
    mutating func ghostModule(
        _ module: Module, from x: Graph.Value, depth: Int
    ) throws(ModelError) -> Graph.Value {
        let own = try part("primary_conv", of: module, from: x, depth: depth)
        let ghost = try part("cheap_operation", of: module, from: own, depth: depth)
        let both = try concatenate([own, ghost], of: module)
        let channels = graph.channels(of: both)
        let name = module.attributes["out_chs"] != nil ? "out_chs" : "oup"
        let wanted = try module.integer(name, in: 1...Limit.channels, default: channels)
        guard wanted != channels else { return both }
        guard wanted < channels else {
            throw module.unsupported("it should make \(wanted) channels, but makes \(channels)")
        }
        return try appendOne(.split([wanted, channels - wanted]), to: [both], of: module)
    }

    /// `conv(x) + shortcut(x)`.
    mutating func ghostBottleneck(
        _ module: Module, from x: Graph.Value, depth: Int
    ) throws(ModelError) -> Graph.Value {
        let deep = try part("conv", of: module, from: x, depth: depth)
        return try sum(deep, try part("shortcut", of: module, from: x, depth: depth), of: module)
    }

    mutating func maxPool(_ module: Module, from x: Graph.Value) throws(ModelError) -> Graph.Value {
        let kernel = try module.integer("kernel_size", in: 1...Limit.side)
        let stride = try module.integer("stride", in: 1...Limit.side, default: kernel)
        let padding = try module.integer("padding", in: 0...Limit.side / 2, default: 0)
        try module.require("dilation", { $0.whole == 1 }, else: "dilated pooling is not supported")
        try module.require("ceil_mode", { $0 == .bool(false) }, else: "ceil_mode is not supported")
        guard padding <= kernel / 2 else {
            throw module.unsupported("its padding must be at most half its window")
        }
        return try appendOne(
            .maxPool(kernel: kernel, stride: stride, padding: padding), to: [x], of: module)
    }

    mutating func upsample(_ module: Module, from x: Graph.Value) throws(ModelError) -> Graph.Value
    {
        try module.require(
            "size", { _ in false }, else: "upsampling to a fixed size is not supported")
        try module.require(
            "mode", { $0 == .string("nearest") },
            else: "only nearest-neighbour upsampling is supported")
        let factor = try module.integer("scale_factor", in: 1...16)
        return try appendOne(.upsample(factor: factor), to: [x], of: module)
    }

    mutating func concat(_ module: Module, of inputs: [Graph.Value]) throws(ModelError)
        -> Graph.Value
    {
        try module.require("d", { $0.whole == 1 }, else: "only channels (d = 1) can be joined")
        return try concatenate(inputs, of: module)
    }

    // MARK: Parts

    private mutating func part(
        _ name: String, of module: Module, from x: Graph.Value, depth: Int
    ) throws(ModelError) -> Graph.Value {
        try value(of: try module.child(name), from: [x], depth: depth + 1)
    }

    /// The two halves of what `cv1` makes, each of `c` channels.
    private mutating func halves(
        of module: Module, from x: Graph.Value, depth: Int
    ) throws(ModelError) -> [Graph.Value] {
        let both = try part("cv1", of: module, from: x, depth: depth)
        let channels = try module.integer("c", in: 1...Limit.channels)
        guard graph.channels(of: both) == 2 * channels else {
            throw module.unsupported(
                "its cv1 makes \(graph.channels(of: both)) channels, not two times \(channels)")
        }
        let values = try append(.split([channels, channels]), to: [both], of: module)
        guard values.count == 2 else { throw module.unsupported("its cv1 makes no two halves") }
        return values
    }

    private mutating func join(
        _ parts: [Graph.Value], by name: String, of module: Module, depth: Int
    ) throws(ModelError) -> Graph.Value {
        try part(name, of: module, from: try concatenate(parts, of: module), depth: depth)
    }

    private mutating func concatenate(
        _ parts: [Graph.Value], of module: Module
    ) throws(ModelError) -> Graph.Value {
        try appendOne(.concat, to: parts, of: module)
    }

    private mutating func sum(
        _ a: Graph.Value, _ b: Graph.Value, of module: Module
    ) throws(ModelError) -> Graph.Value {
        guard graph.channels(of: a) == graph.channels(of: b) else {
            throw module.unsupported(
                "it adds \(graph.channels(of: a)) channels to \(graph.channels(of: b))")
        }
        return try appendOne(.add, to: [a, b], of: module)
    }
}
