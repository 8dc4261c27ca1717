import CKernels

/// Where a picture is written.
package struct InputPlanes: ~Copyable, ~Escapable {
    package let height: Int
    package let width: Int
    private let map: PlaneMap
    private let channels: Int
    private let arena: Arena

    @_lifetime(borrow arena)
    init(plan: Plan, arena: borrowing Arena) {
        height = plan.height
        width = plan.width
        map = plan.input
        channels = plan.inputChannels
        self.arena = copy arena
    }

    /// RGB bytes (height, width, 3), taken as v/255.
    package mutating func fill(pixels: Span<UInt8>) {
        precondition(channels == 3 && pixels.count == height * width * 3)
        var out = arena.mutableSpan(map.region)
        dd_load_pixels(map.planes, 0, map.planes.height, pixels, &out)
    }

    /// (channels, height, width), taken as they are.
    package mutating func fill(tensor: Span<Float>) {
        precondition(tensor.count == channels * height * width)
        var out = arena.mutableSpan(map.region)
        dd_load_tensor(map.planes, Int32(channels), tensor, &out)
    }

    /// Zeroes the halo, in which other values may have lain.
    mutating func clearBorder() {
        var out = arena.mutableSpan(map.region)
        dd_clear_halo(map.planes, 0, map.planes.blocks, 0, map.planes.height, &out)
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
}
