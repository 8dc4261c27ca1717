@testable import Inference

/// Small networks, each with something that a layout or a plan can get wrong.
enum SampleGraph: String, CaseIterable {
    case stem, c2fOdd, c2fTwoDeep, sppf, neck, twoConcats, twiceInOneConcat, halfOfSplitInConcat
    case addOfAdds, addOfTwoConvolutions, addOfOneValueTwice, fusedValueIsOutput
    case grouped, groupedOddSplit, depthwise, depthwiseOfSplit, depthMultiplier
    case mixed, mixedSoftmax, mixedDepthwise, mixedGrouped, mixedOnPicture, mixedWithResidual
    case strideTwoOdd, dilated, wideHalo, rectangularKernel
    case pictureEverywhere, manyInputChannels, cutOutput, outputTwice, deadValue, splitToOnes
    case outputInsideConcat, concatOfConcats, swappedHalves

    /// Channels of the picture.
    var inputChannels: Int { self == .manyInputChannels ? 21 : self == .depthwise ? 1 : 3 }

    func make() throws -> Graph {
        var g = Graph(inputChannels: inputChannels)
        let x = g.input
        g.setOutputs(try build(&g, x))
        return g
    }

    private func build(_ g: inout Graph, _ x: Graph.Value) throws -> [Graph.Value] {
        func conv(_ x: Graph.Value, _ outputs: Int, kernel: Int = 3, stride: Int = 1) throws
            -> Graph.Value
        {
            try g.add(
                .convolution(
                    .make(
                        g.channels(of: x), outputs, kernel: kernel, stride: stride,
                        seed: UInt64(g.steps.count))), x)
        }
        /// YOLOv8's C2f: split, a chain of bottlenecks, concat of everything.
        func c2f(_ x: Graph.Value, hidden: Int, depth: Int, outputs: Int) throws -> Graph.Value {
            let wide = try conv(x, 2 * hidden, kernel: 1)
            var parts = try g.append(.split([hidden, hidden]), to: [wide], named: "split")
            for _ in 0..<depth {
                let last = parts[parts.count - 1]
                parts.append(try g.add(.add, last, try conv(try conv(last, hidden), hidden)))
            }
            let all = try g.append(.concat, to: parts, named: "concat")[0]
            return try conv(all, outputs, kernel: 1)
        }
        switch self {
        case .stem: return [try conv(x, 16, stride: 2)]
        case .c2fOdd: return [try c2f(try conv(x, 13), hidden: 24, depth: 1, outputs: 20)]
        case .c2fTwoDeep: return [try c2f(try conv(x, 8), hidden: 8, depth: 2, outputs: 40)]
        case .sppf:
            let a = try conv(x, 13, kernel: 1)
            let b = try g.add(.maxPool(kernel: 5, stride: 1, padding: 2), a)
            let c = try g.add(.maxPool(kernel: 5, stride: 1, padding: 2), b)
            let d = try g.add(.maxPool(kernel: 5, stride: 1, padding: 2), c)
            return [try conv(try g.add(.concat, a, b, c, d), 17, kernel: 1)]
        case .neck:
            let a = try conv(x, 12)
            let b = try conv(a, 24, stride: 2)
            let up = try g.add(.upsample(factor: 2), b)
            let joined = try g.add(.concat, up, a)
            let down = try conv(try conv(joined, 16), 8, stride: 2)
            return [joined, try conv(try g.add(.concat, down, b), 33)]
        case .twoConcats:
            let a = try conv(x, 10)
            let b = try conv(a, 6)
            let first = try g.add(.concat, a, b)
            let second = try g.add(.concat, b, a, try conv(first, 5))
            return [try conv(first, 7), try conv(second, 9)]
        case .twiceInOneConcat:
            let a = try conv(x, 10)
            return [try conv(try g.add(.concat, a, a), 7)]
        case .halfOfSplitInConcat:
            let halves = try g.append(.split([9, 11]), to: [try conv(x, 20)], named: "split")
            let other = try conv(halves[0], 5)
            return [try conv(try g.add(.concat, halves[1], other), 7)]
        case .addOfAdds:
            let a = try conv(x, 20)
            let b = try conv(a, 20)
            let sum = try g.add(.add, b, a)
            return [try conv(try g.add(.add, sum, a), 5)]
        case .addOfTwoConvolutions:
            return [try g.add(.add, try conv(x, 18), try conv(x, 18, kernel: 1))]
        case .addOfOneValueTwice:
            let a = try conv(x, 18)
            return [try g.add(.add, a, a)]
        case .fusedValueIsOutput:
            let a = try conv(x, 18)
            let b = try conv(a, 18)
            return [try g.add(.add, a, b), b]
        case .grouped:
            return [try g.add(.convolution(.make(24, 36, groups: 4)), try conv(x, 24))]
        case .groupedOddSplit:
            let parts = try g.append(.split([7, 29]), to: [try conv(x, 36)], named: "split")
            let all = try g.add(.concat, parts[1], parts[0])
            let grouped = try g.add(.convolution(.make(36, 54, groups: 6, seed: 9)), all)
            return [grouped, try g.add(.convolution(.make(54, 18, groups: 18, seed: 4)), grouped)]
        case .depthwise:
            let a = try g.add(.convolution(.make(1, 1, groups: 1)), x)
            let b = try g.add(.convolution(.make(21, 21, stride: 2, groups: 21)), try conv(a, 21))
            return [try g.add(.convolution(.make(21, 21, kernel: 5, groups: 21)), b)]
        case .depthwiseOfSplit:
            let parts = try g.append(.split([5, 20]), to: [try conv(x, 25)], named: "split")
            let a = try g.add(.convolution(.make(20, 20, groups: 20)), parts[1])
            let whole = try g.add(.concat, a, parts[0])
            return [try g.add(.convolution(.make(25, 25, groups: 25, activation: .relu)), whole)]
        case .depthMultiplier:
            return [try g.add(.convolution(.make(10, 30, groups: 10)), try conv(x, 10))]
        case .mixed:
            return [try g.add(.convolution(.makeMixed(13, 40, inHalves: true)), try conv(x, 13))]
        case .mixedSoftmax:
            return [
                try g.add(.convolution(.makeMixed(20, 18, experts: 3, hidden: 7)), try conv(x, 20))
            ]
        case .mixedDepthwise:
            return [
                try g.add(
                    .convolution(.makeMixed(20, 20, groups: 20, inHalves: true)), try conv(x, 20))
            ]
        case .mixedGrouped:
            return [
                try g.add(
                    .convolution(
                        .makeMixed(20, 30, kernel: 1, groups: 5, experts: 1, inHalves: true)),
                    try conv(x, 20))
            ]
        case .mixedOnPicture: return [try g.add(.convolution(.makeMixed(3, 8, stride: 2)), x)]
        case .mixedWithResidual:
            let halves = try g.append(.split([24, 24]), to: [try conv(x, 48)], named: "split")
            let a = try g.add(.convolution(.makeMixed(24, 24, activation: .hardswish)), halves[1])
            let sum = try g.add(.add, a, halves[1])
            return [try conv(try g.add(.concat, halves[0], halves[1], sum), 10, kernel: 1)]
        case .strideTwoOdd: return [try conv(try conv(x, 7, stride: 2), 19, stride: 2)]
        case .dilated:
            return [
                try g.add(.convolution(.make(17, 6, padding: 2, dilation: 2)), try conv(x, 17))
            ]
        case .wideHalo:
            let a = try conv(x, 9)
            return [try conv(a, 8, kernel: 7), try conv(a, 8, kernel: 1)]
        case .rectangularKernel:
            var tall = Convolution.make(3, 11)
            tall.kernel = .init(1, 9)
            tall.padding = .init(0, 4)
            tall.stride = .init(2, 1)
            return [try g.add(.convolution(tall), x)]
        case .pictureEverywhere:
            let pooled = try g.add(.maxPool(kernel: 3, stride: 1, padding: 1), x)
            let sum = try g.add(.add, pooled, x)
            let same = try g.add(.add, try conv(sum, 3), x)
            let all = try g.add(.concat, x, sum, same)
            return [x, all, try conv(all, 4), try conv(x, 5)]
        case .manyInputChannels: return [try conv(x, 9), try g.add(.add, x, try conv(x, 21))]
        case .cutOutput:
            let parts = try g.append(.split([5, 30]), to: [try conv(x, 35)], named: "split")
            let again = try g.add(.concat, parts[0], parts[1])
            return [again, try conv(parts[1], 3)]
        case .outputTwice:
            let a = try conv(x, 17)
            return [a, try conv(a, 4), a]
        case .deadValue:
            let parts = try g.append(.split([5, 6, 7]), to: [try conv(x, 18)], named: "split")
            _ = try conv(parts[0], 9)
            return [try conv(parts[2], 9)]
        case .splitToOnes:
            let parts = try g.append(
                .split(Array(repeating: 1, count: 5)), to: [try conv(x, 5)], named: "split")
            let back = try g.append(.concat, to: parts.reversed(), named: "concat")[0]
            return [back, try conv(back, 6)]
        case .outputInsideConcat:
            let a = try conv(x, 16)
            let b = try conv(a, 16)
            return [a, try conv(try g.add(.concat, a, b), 5), b]
        case .concatOfConcats:
            let a = try conv(x, 5)
            let b = try conv(a, 6)
            let inner = try g.add(.concat, a, b)
            let c = try conv(inner, 7)
            let outer = try g.add(.concat, c, inner)
            let last = try g.add(.concat, outer, try conv(outer, 3))
            return [last, try conv(last, 8)]
        case .swappedHalves:
            let parts = try g.append(.split([12, 12]), to: [try conv(x, 24)], named: "split")
            let swapped = try g.add(.concat, parts[1], parts[0])
            return [try conv(try g.add(.add, swapped, try conv(swapped, 24)), 6)]
        }
    }
}
