/// What a step does.
package enum Operation: Sendable {
    /// One input (C_in, H, W) → (C_out, H', W').
    case convolution(Convolution)
    /// Two equal shapes → their sum.
    case add
    /// Window maximum; cells outside the picture do not count.
    case maxPool(kernel: Int, stride: Int, padding: Int)
    /// Nearest neighbour, H and W times `factor`.
    case upsample(factor: Int)
    /// Channels one after another.
    case concat
    /// The reverse of concat: so many channels to each output.
    case split([Int])
}

/// What follows a convolution, element by element.
package enum Activation: String, Sendable, CaseIterable {
    case identity
    case silu  // x·σ(x)
    case relu
    case hardswish  // x·relu6(x+3)/6
}

extension Operation {
    /// Channels of what is made from inputs of so many channels, every limit checked.
    func outputChannels(of inputs: [Int]) throws(Misfit) -> [Int] {
        for channels in inputs {
            try check(channels, in: 1...GraphLimits.channelsMax, "input channel count")
        }
        let made: [Int]
        switch self {
        case .convolution(let convolution):
            let channels = try one(inputs)
            guard channels == convolution.inputChannels else {
                throw Misfit("takes \(convolution.inputChannels) channels, is given \(channels)")
            }
            try convolution.check()
            made = [convolution.outputChannels]
        case .add:
            guard inputs.count == 2, inputs[0] == inputs[1] else {
                throw Misfit("adds two values of equal channels, is given \(inputs)")
            }
            made = [inputs[0]]
        case .maxPool(let kernel, let stride, let padding):
            made = [try one(inputs)]
            try check(kernel, in: 1...GraphLimits.windowMax, "kernel")
            try check(stride, in: 1...GraphLimits.windowMax, "stride")
            // So every window meets the picture.
            try check(padding, in: 0...kernel / 2, "padding")
        case .upsample(let factor):
            made = [try one(inputs)]
            try check(factor, in: 1...GraphLimits.upsampleMax, "factor")
        case .concat:
            try check(inputs.count, in: 1...GraphLimits.partsMax, "part count")
            made = [inputs.reduce(0, +)]
        case .split(let parts):
            let channels = try one(inputs)
            try check(parts.count, in: 1...GraphLimits.partsMax, "part count")
            guard parts.allSatisfy((1...channels).contains), parts.reduce(0, +) == channels
            else { throw Misfit("splits \(channels) channels into \(parts)") }
            made = parts
        }
        for channels in made {
            try check(channels, in: 1...GraphLimits.channelsMax, "channel count")
        }
        return made
    }

    private func one(_ inputs: [Int]) throws(Misfit) -> Int {
        guard inputs.count == 1 else { throw Misfit("takes one input, is given \(inputs.count)") }
        return inputs[0]
    }
}

/// Refuses a number outside its limits, by its name.
func check(_ number: Int, in range: ClosedRange<Int>, _ name: String) throws(Misfit) {
    guard range.contains(number) else {
        throw Misfit("\(name) \(number) is not within \(range.lowerBound)...\(range.upperBound)")
    }
}
