import CKernels

/// Where a picture is written.
package struct InputPlanes: ~Copyable, ~Escapable {
    private let plan: Plan
    private let arena: Arena

    @_lifetime(borrow arena)
    init(plan: Plan, arena: borrowing Arena) {
        self.plan = plan
        self.arena = copy arena
    }

    /// Rows of the picture.
    package var height: Int { plan.height }
    /// Pixels in a row.
    package var width: Int { plan.width }

    /// RGB bytes (height, width, 3), taken as v/255.
    package mutating func fill(pixels: Span<UInt8>) {
        plan.load(pixels: pixels, rows: 0..<height, into: arena)
    }

    /// RGB bytes of some rows, (rows, width, 3); a picture may come in parts.
    package mutating func fill(rows: Range<Int>, pixels: Span<UInt8>) {
        plan.load(pixels: pixels, rows: rows, into: arena)
    }

    /// (channels, height, width), taken as they are.
    package mutating func fill(tensor: Span<Float>) { plan.load(tensor: tensor, into: arena) }
}

extension Plan {
    fileprivate func load(pixels: Span<UInt8>, rows: Range<Int>, into arena: Arena) {
        precondition(inputChannels == 3 && pixels.count == rows.count * width * 3)
        precondition(rows.lowerBound >= 0 && rows.upperBound <= height)
        arena.holdsPixels = keepsPixels
        if keepsPixels {
            let row = width * 3
            var out = arena.mutableBytes(input.region)
            Kernels.copy(pixels, to: &out, at: rows.lowerBound * row)
        } else if input.isNarrow {
            var out = arena.mutableBytes(input.region)
            Kernels.load(pixels: pixels, rows: rows, to: &out, input.narrow)
        } else {
            var out = arena.mutableSpan(input.region)
            kernels.load(pixels: pixels, rows: rows, to: &out, input.planes)
        }
    }

    fileprivate func load(tensor: Span<Float>, into arena: Arena) {
        precondition(tensor.count == inputChannels * height * width)
        arena.holdsPixels = false
        if input.isNarrow {
            var out = arena.mutableBytes(input.region)
            Kernels.load(tensor: tensor, channels: inputChannels, to: &out, input.narrow)
        } else {
            var out = arena.mutableSpan(input.region)
            Kernels.load(tensor: tensor, channels: inputChannels, to: &out, input.planes)
        }
    }

    /// Zeroes the halo of an input in floats, in which other values may have lain.
    func clearInputBorder(in arena: Arena) {
        if arena.holdsPixels { return }
        input.clearHalo(blocks: 0..<Int(input.planes.blocks), rows: 0..<height, in: arena)
    }
}

/// What a pass made: one feature map for each of `graph.outputs`.
package struct Outputs: ~Copyable, ~Escapable {
    private let plan: Plan
    private let arena: Arena

    @_lifetime(borrow arena)
    init(plan: Plan, arena: borrowing Arena) {
        self.plan = plan
        self.arena = copy arena
    }

    /// Maps, as many as `graph.outputs`.
    package var count: Int { plan.outputs.count }

    /// Channels, height and width of map `index`.
    package func shape(_ index: Int) -> (channels: Int, height: Int, width: Int) {
        let output = plan.outputs[index]
        return (output.channels, Int(output.map.planes.height), Int(output.map.planes.width))
    }

    /// Row `y` of channels 16·block ..< 16·block + 16 of map `index`: (width, 16); lanes beyond the
    /// channel count hold nothing of use.
    @_lifetime(borrow self)
    package func row(_ index: Int, block: Int, y: Int) -> Span<Float> {
        let map = plan.outputs[index].map
        precondition((0..<Int(map.planes.height)).contains(y))
        precondition((0..<Int(map.planes.blocks)).contains(block))
        let (halo, lanes) = (Int(map.planes.halo), Int(map.planes.lanes))
        let line = (Int(map.planes.width) + 2 * halo) * lanes
        let offset = block * map.planes.planeFloats + (y + halo) * line + halo * lanes
        return arena.span(map.region.part(offset, map.rowFloats))
    }

    /// The largest number of such a row's channels, NaN not counted; of a map that is searched.
    package func top(_ index: Int, block: Int, y: Int) -> Float {
        let output = plan.outputs[index]
        let height = Int(output.map.planes.height)
        precondition((0..<height).contains(y))
        precondition((0..<Int(output.map.planes.blocks)).contains(block))
        guard let tops = output.tops else { preconditionFailure("a map that is not searched") }
        return arena.span(tops)[block * height + y]
    }
}
