/// Which values share memory: a split's outputs lie in its input, a concat's inputs in its output.
///
/// DESIGN. Each value lies in a buffer, `block` blocks from its start. At first each has its own;
/// splits place their outputs in their input, which only reads. A concat takes in the buffer of each
/// input, if all blocks of that buffer then lie where they are wanted; what cannot be so (a value in
/// two concats, half of a split, a value twice in one) is copied. Every block has one writer, so
/// whatever is placed in place is right in any order of steps.
struct Placement {
    /// Where a value lies.
    struct Place: Equatable {
        let buffer: Int
        let block: Int
        let blocks: Int
    }

    /// A concat's input that could not be written in place.
    struct Copy: Equatable {
        let node: Int
        let value: Int
        let to: Place
    }

    /// By value; `buffer` is the number of the value that names it.
    let places: [Place]
    let copies: [Copy]

    init(_ lowering: Lowering, layouts: [ChannelLayout]) {
        var forest = Forest(blocks: layouts.map(\.blocks))
        var pending: [(node: Int, value: Int, whole: Int, block: Int)] = []
        for node in lowering.nodes {
            guard case .split = node.kind else { continue }
            var block = 0
            for part in node.outputs {
                forest.place(part, in: node.inputs[0], at: block)
                block += layouts[part].blocks
            }
        }
        for (index, node) in lowering.nodes.enumerated() {
            guard case .concat = node.kind else { continue }
            let whole = node.outputs[0]
            var wanted: [(value: Int, block: Int)] = []
            var block = 0
            for value in node.inputs {
                wanted.append((value, block))
                block += layouts[value].blocks
            }
            for (value, block) in wanted where !forest.takeIn(value, at: block, of: whole, wanted) {
                pending.append((index, value, whole, block))
            }
        }
        places = layouts.indices.map { value in
            let (buffer, block) = forest.find(value)
            return Place(buffer: buffer, block: block, blocks: layouts[value].blocks)
        }
        let places = places
        copies = pending.map { copy in
            let whole = places[copy.whole]
            return Copy(
                node: copy.node, value: copy.value,
                to: Place(
                    buffer: whole.buffer, block: whole.block + copy.block,
                    blocks: places[copy.value].blocks))
        }
    }
}

/// Values placed in values, by blocks.
private struct Forest {
    let blocks: [Int]
    private var parents: [(value: Int, block: Int)?]

    init(blocks: [Int]) {
        self.blocks = blocks
        parents = Array(repeating: nil, count: blocks.count)
    }

    mutating func place(_ value: Int, in whole: Int, at block: Int) {
        parents[value] = (whole, block)
    }

    /// The buffer of a value, and how far from its start the value lies.
    func find(_ value: Int) -> (buffer: Int, block: Int) {
        var buffer = value
        var block = 0
        while let parent = parents[buffer] {
            buffer = parent.value
            block += parent.block
        }
        return (buffer, block)
    }

    /// Has `value` lie in `whole` at `block`, or says that it cannot.
    mutating func takeIn(
        _ value: Int, at block: Int, of whole: Int, _ wanted: [(value: Int, block: Int)]
    ) -> Bool {
        let (buffer, inside) = find(value)
        if buffer == whole { return inside == block }
        let start = block - inside
        let end = start + blocks[buffer]
        guard start >= 0, end <= blocks[whole] else { return false }
        // All that the buffer would cover must be the buffer's own, at its place.
        for other in wanted where other.block < end && other.block + blocks[other.value] > start {
            guard find(other.value) == (buffer, other.block - start) else { return false }
        }
        place(buffer, in: whole, at: start)
        return true
    }
}
