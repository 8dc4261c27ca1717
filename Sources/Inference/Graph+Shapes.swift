extension Graph {
    /// Height and width of a value.
    package struct Shape: Sendable, Equatable {
        package var height: Int
        package var width: Int
    }

    /// The shape of every value (by `Value.id`) for a picture of so many pixels.
    ///
    /// - Throws: ``GraphError/shape(reason:)`` when a side would be zero or beyond the limit, or
    ///   values that meet differ.
    package func shapes(height: Int, width: Int) throws(GraphError) -> [Shape] {
        var shapes: [Shape] = []
        shapes.reserveCapacity(channels.count)
        try shapes.append(Self.checked(Shape(height: height, width: width), at: "input"))
        for step in steps {
            // Values come in the order of steps, so those of the inputs are known.
            let inputs = step.inputs.map { shapes[$0.id] }
            guard let first = inputs.first, inputs.allSatisfy({ $0 == first }) else {
                throw .shape(
                    reason: "\(step.name): joins maps of "
                        + inputs.map { "\($0.height)×\($0.width)" }.joined(separator: " and "))
            }
            let made = try Self.checked(step.operation.shape(of: first), at: step.name)
            for _ in step.outputs { shapes.append(made) }
        }
        return shapes
    }

    private static func checked(_ shape: Shape, at name: String) throws(GraphError) -> Shape {
        let sides = 1...GraphLimits.sideMax
        guard sides.contains(shape.height), sides.contains(shape.width) else {
            throw .shape(
                reason: "\(name): a map of \(shape.height)×\(shape.width) (height×width), "
                    + "sides must be within 1...\(GraphLimits.sideMax)")
        }
        return shape
    }
}

extension Operation {
    /// What becomes of a map; its sides are below 2^16, every parameter was checked, so nothing
    /// overflows. A side may come out as zero or less.
    fileprivate func shape(of input: Graph.Shape) -> Graph.Shape {
        switch self {
        case .convolution(let c):
            Graph.Shape(
                height: windows(
                    input.height, c.kernel.height, c.stride.height, c.padding.height,
                    c.dilation.height),
                width: windows(
                    input.width, c.kernel.width, c.stride.width, c.padding.width, c.dilation.width))
        case .maxPool(let kernel, let stride, let padding):
            Graph.Shape(
                height: windows(input.height, kernel, stride, padding, 1),
                width: windows(input.width, kernel, stride, padding, 1))
        case .upsample(let factor):
            Graph.Shape(height: input.height * factor, width: input.width * factor)
        case .add, .concat, .split: input
        }
    }

    /// Places of a window on a side; zero when it does not fit once.
    private func windows(_ side: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int)
        -> Int
    {
        let room = side + 2 * padding - dilation * (kernel - 1) - 1
        return room < 0 ? 0 : room / stride + 1
    }
}
