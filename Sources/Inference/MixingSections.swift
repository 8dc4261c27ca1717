import CKernels

/// GAP: the mean of each channel of a mixed convolution's input, some blocks an item.
struct MeansSection: Section {
    private let input: PlaneMap
    private let means: Region
    private let blocksOfItem: Int
    private let kernels: Kernels

    init(input: PlaneMap, means: Region, kernels: Kernels) {
        self.input = input
        self.means = means
        self.kernels = kernels
        blocksOfItem = min(max((1 << 16) / input.planes.planeFloats, 1), Int(input.planes.blocks))
    }

    var kind: SectionKind { .means }
    var items: Int { (Int(input.planes.blocks) + blocksOfItem - 1) / blocksOfItem }

    func run(item: Int, in arena: Arena, seat: Region) {
        let first = item * blocksOfItem
        let end = min(first + blocksOfItem, Int(input.planes.blocks))
        var out = arena.mutableSpan(means)
        if input.isNarrow {
            Kernels.means(arena.bytes(input.region), input.narrow, blocks: first..<end, to: &out)
        } else {
            kernels.means(arena.span(input.region), input.planes, blocks: first..<end, to: &out)
        }
    }
}

/// α from the means, and the mixed bias: b' = s ⊙ Σ α_i b_i + shift.
struct RoutingSection: Section {
    let packed: PackedConvolution
    let routing: PackedRouting
    let scratch: MixScratch
    let kernels: Kernels

    var kind: SectionKind { .routing }
    var items: Int { 1 }

    func run(item: Int, in arena: Arena, seat: Region) {
        zeroUnusedMeans(in: arena)
        var scores = arena.mutableSpan(scratch.scores)
        if let layer = routing.hidden {
            var hidden = arena.mutableSpan(scratch.hidden)
            layer.apply(arena.span(scratch.means), to: &hidden, on: kernels)
            for i in hidden.indices {
                hidden[i] = Float(routing.hiddenActivation(Double(hidden[i])))
            }
            routing.last.apply(arena.span(scratch.hidden), to: &scores, on: kernels)
        } else {
            routing.last.apply(arena.span(scratch.means), to: &scores, on: kernels)
        }
        routing.finish(&scores)

        var bias = arena.mutableSpan(scratch.bias)
        kernels.mix(
            dd_experts(count: Int32(packed.experts), halves: 0, stride: bias.count), group: 0,
            from: 0, alpha: arena.span(scratch.scores), kernels: packed.biases.bytes,
            scale: routing.scale.all, to: &bias)
        let shift = routing.shift.all
        for i in bias.indices { bias[i] += shift[i] }
    }

    /// Lanes that are no channels hold nothing of use, which times a weight of zero may be NaN.
    private func zeroUnusedMeans(in arena: Arena) {
        var means = arena.mutableSpan(scratch.means)
        let lanes = ChannelLayout.blockChannels
        for block in routing.used.indices {
            for lane in Int(routing.used[block])..<lanes { means[block * lanes + lane] = 0 }
        }
    }
}

/// W' = s ⊙ Σ α_i W_i on packed kernels: a run of one group's numbers an item, or some groups of few.
struct MixSection: Section {
    private let packed: PackedConvolution
    private let routing: PackedRouting
    private let scratch: MixScratch
    private let kernels: Kernels
    /// Of the largest group.
    private let runs: Int
    private let groupsOfItem: Int

    /// 64 KiB written, and up to as much read of each expert: some 20 µs.
    ///
    /// A multiple of every group's lanes.
    private static let countOfItem = 1 << 14

    init(
        packed: PackedConvolution, routing: PackedRouting, scratch: MixScratch, kernels: Kernels
    ) {
        self.packed = packed
        self.routing = routing
        self.scratch = scratch
        self.kernels = kernels
        let most = packed.groups.reduce(0) { max($0, $1.weights.count) }
        runs = (most + Self.countOfItem - 1) / Self.countOfItem
        groupsOfItem = max(Self.countOfItem / most, 1)
    }

    var kind: SectionKind { .mixing }
    var items: Int { (packed.groups.count + groupsOfItem - 1) / groupsOfItem * runs }

    func run(item: Int, in arena: Arena, seat: Region) {
        let begin = item / runs * groupsOfItem
        for index in begin..<min(begin + groupsOfItem, packed.groups.count) {
            mix(packed.groups[index], from: item % runs * Self.countOfItem, in: arena)
        }
    }

    private func mix(_ group: PackedConvolution.OutputGroup, from first: Int, in arena: Arena) {
        let count = min(Self.countOfItem, group.weights.count - first)
        guard count > 0 else { return }
        var out = arena.mutableSpan(scratch.kernel.part(group.weights.offset + first, count))
        kernels.mix(
            packed.expertLayout, group: group.weights.offset, from: first,
            alpha: arena.span(scratch.scores), kernels: packed.kernels.bytes,
            scale: routing.scale(of: group), to: &out)
    }
}

extension PackedRouting {
    /// The scale of a group's lanes.
    @_lifetime(borrow self)
    func scale(of group: PackedConvolution.OutputGroup) -> Span<Float> {
        scale.all.extracting(group.firstLane..<group.firstLane + group.lanes)
    }
}
