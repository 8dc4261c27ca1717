import Checkpoints
import Inference

extension NetworkBuilder {
    /// Detect: for each scale `cv2` makes the box map (4·bins channels), `cv3` the class map.
    mutating func appendHead(
        _ module: Module, to scales: [Graph.Value]
    ) throws(ModelError) -> Head {
        try refuseOtherHeads(module)
        let boxBranches = try module.child("cv2").children
        let classBranches = try module.child("cv3").children
        guard boxBranches.count == scales.count, classBranches.count == scales.count else {
            throw module.unsupported(
                "it reads \(scales.count) scales, but has \(boxBranches.count) box and "
                    + "\(classBranches.count) class branches")
        }
        let strides = try strides(of: module, count: scales.count)
        var outputs: [Graph.Value] = []
        for (index, scale) in scales.enumerated() {
            for branch in [boxBranches[index].module, classBranches[index].module] {
                outputs.append(try value(of: branch, from: [scale], depth: 1))
            }
        }
        let boxChannels = Set(
            stride(from: 0, to: outputs.count, by: 2).map { graph.channels(of: outputs[$0]) })
        let classChannels = Set(
            stride(from: 1, to: outputs.count, by: 2).map { graph.channels(of: outputs[$0]) })
        guard let sides = boxChannels.first, boxChannels.count == 1, sides.isMultiple(of: 4) else {
            throw module.unsupported(
                "its box branches must all make 4 times the same number of bins")
        }
        guard let classes = classChannels.first, classChannels.count == 1 else {
            throw module.unsupported("its class branches must all make the same classes")
        }
        try check("nc", of: module, is: classes)
        try check("reg_max", of: module, is: sides / 4)
        try checkBins(of: module, count: sides / 4)
        setOutputs(outputs, searched: Array(stride(from: 1, to: outputs.count, by: 2)))
        return Head(classes: classes, bins: sides / 4, strides: strides)
    }

    /// Refuses heads that make more than boxes and classes, or choose boxes otherwise than by NMS.
    private func refuseOtherHeads(_ module: Module) throws(ModelError) {
        let strangers = module.childNames.subtracting(["cv2", "cv3", "dfl"])
        let isEndToEnd = strangers.contains { $0.hasPrefix("one2one") }
        // A head with both branches runs the plain one only where the file says so.
        if isEndToEnd, module.attributes["_end2end"] != .bool(false) {
            throw module.unsupported(
                "end-to-end heads (one2one branches, no NMS) are not supported; a plain Detect head is"
            )
        }
        if let stranger = strangers.sorted().first(where: { !$0.hasPrefix("one2one") }) {
            throw module.unsupported(
                "\(module.shownClass) with \(stranger.shortened(to: 40)) is not supported; a Detect "
                    + "head with cv2 and cv3 is")
        }
    }

    private func check(_ name: String, of module: Module, is expected: Int) throws(ModelError) {
        try module.require(
            name, { $0.whole == expected },
            else: "its \(name) is not \(expected), as its branches are")
    }

    /// The mean over bins is a fixed convolution with 0, 1, 2, …; other numbers would be another head.
    private func checkBins(of module: Module, count: Int) throws(ModelError) {
        guard let weights = module[child: "dfl"]?[child: "conv"] else { return }
        let bins = try weights.floats("weight", shape: [1, count, 1, 1])
        guard bins.enumerated().allSatisfy({ Float($0.offset) == $0.element }) else {
            throw weights.unsupported("its weights must be 0, 1, 2, … up to \(count - 1)")
        }
    }

    /// Strides are stored as a tensor, or as a list where tensors hold parameters only.
    private func strides(of module: Module, count: Int) throws(ModelError) -> [Float] {
        let strides: [Float]
        if module.tensors["stride"] != nil {
            strides = try module.floats("stride", shape: [count])
        } else if case .list(let list)? = module.attributes["stride"] {
            strides = list.compactMap(\.number).map { Float($0) }
        } else {
            throw .missing(module: module.place, what: "its stride")
        }
        guard strides.count == count, strides.allSatisfy({ (1...4096).contains($0) }) else {
            throw module.unsupported("its stride must be \(count) numbers from 1 to 4096")
        }
        return strides
    }
}
