/// Where each value's channels are cut, so that splits, concats and elementwise steps need no copy.
///
/// DESIGN. A part that is read or written by itself must begin at a block. So a split cuts its
/// input, and a concat its output, between the parts; and a cut in a value is a cut at the same
/// channel in whatever shares its memory (parts of it, wholes it is part of) or its blocks
/// (both sides of an elementwise step). Convolutions end this: they pack their weights to any
/// layout. Each pair (value, cut) is handled once, so the work is bounded by the cuts there are.
struct Segmentation {
    /// By value.
    let layouts: [ChannelLayout]

    /// A cut at c in one value is one at c + shift in `value`, when that lies inside it.
    private struct Link {
        let value: Int
        let shift: Int
    }

    /// - Throws: when the cuts are more than any plain network has.
    init(_ lowering: Lowering, isDepthwise: (_ step: Int) -> Bool) throws(GraphError) {
        let channels = lowering.channels
        var links = [[Link]](repeating: [], count: channels.count)
        var cuts = [Set<Int>](repeating: [], count: channels.count)
        var waiting: [(value: Int, cut: Int)] = []
        var total = 0

        /// Ties `part` to the channels of `whole` from `start` on.
        func tie(_ part: Int, to whole: Int, at start: Int) {
            links[part].append(Link(value: whole, shift: start))
            links[whole].append(Link(value: part, shift: -start))
        }
        func cut(_ value: Int, at channel: Int, for name: String) throws(GraphError) {
            guard 0 < channel, channel < channels[value], cuts[value].insert(channel).inserted
            else { return }
            total += 1
            guard total <= GraphLimits.cutsMax else {
                throw .invalid(step: name, reason: "channels are cut in too many places")
            }
            waiting.append((value, channel))
        }
        func join(_ parts: [Int], into whole: Int, name: String) throws(GraphError) {
            var start = 0
            for part in parts {
                tie(part, to: whole, at: start)
                try cut(whole, at: start, for: name)
                start += channels[part]
            }
        }

        for node in lowering.nodes {
            switch node.kind {
            case .concat: try join(node.inputs, into: node.outputs[0], name: node.name)
            case .split: try join(node.outputs, into: node.inputs[0], name: node.name)
            case .convolution(let step, let residual):
                if isDepthwise(step) { tie(node.inputs[0], to: node.outputs[0], at: 0) }
                if let residual { tie(residual, to: node.outputs[0], at: 0) }
            case .add, .maxPool, .upsample:
                for input in node.inputs { tie(input, to: node.outputs[0], at: 0) }
            case .copy: break
            }
        }
        while let (value, channel) = waiting.popLast() {
            for link in links[value] {
                try cut(link.value, at: channel + link.shift, for: "concat")
            }
        }
        layouts = channels.indices.map { value in
            value == lowering.picture
                ? ChannelLayout(pictureChannels: channels[value])
                : ChannelLayout(channels: channels[value], cuts: cuts[value])
        }
    }
}
