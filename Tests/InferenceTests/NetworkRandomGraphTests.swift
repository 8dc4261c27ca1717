import Testing

@testable import Inference

/// Graphs nobody thought of: random steps on random earlier values, each compared with the reference.
struct NetworkRandomGraphTests {
    @Test(arguments: 0..<24)
    func `a random graph computes what it says`(seed: UInt64) throws {
        var noise = SeededNoise(seed: seed)
        let graph = try Self.make(&noise)
        let (height, width) = (Int.random(in: 1...9, using: &noise), 7)
        let picture = noise.floats(3 * height * width)
        let expected = Reference.run(
            graph, .make(picture, channels: 3, height: height, width: width))
        let found = try Network(graph).outputs(of: [picture], height: height, width: width)[0]
        for (found, expected) in zip(found, expected) {
            #expect(NetworkTests.distance(found, expected.elements) < NetworkTests.tolerance)
        }
    }

    /// A graph whose values all have the picture's height and width, so that any may meet.
    private static func make(_ noise: inout SeededNoise) throws -> Graph {
        var graph = Graph()
        var values = [graph.input]
        for step in 0..<14 {
            guard let x = values.randomElement(using: &noise),
                let y = values.randomElement(using: &noise)
            else { break }
            let channels = graph.channels(of: x)
            let seed = noise.next()
            switch Int.random(in: 0..<9, using: &noise) {
            case 0, 1:
                let outputs = Int.random(in: 1...24, using: &noise)
                values.append(
                    try graph.add(
                        .convolution(.make(channels, outputs, activation: .hardswish, seed: seed)),
                        x))
            case 2:
                values.append(
                    try graph.add(
                        .convolution(.makeMixed(channels, channels, kernel: 1, seed: seed)), x))
            case 3:
                values.append(
                    try graph.add(
                        .convolution(.make(channels, channels, groups: channels, seed: seed)), x))
            case 4 where channels > 1:
                let cut = Int.random(in: 1..<channels, using: &noise)
                values += try graph.append(
                    .split([cut, channels - cut]), to: [x], named: "split \(step)")
            case 5,
                6 where channels + graph.channels(of: y) < 80:
                values.append(try graph.add(.concat, x, y))
            case 7:
                // The same channels by another way: a residual or a plain sum.
                let other = try graph.add(.convolution(.make(channels, channels, seed: seed)), x)
                values.append(try graph.add(.add, other, Bool.random(using: &noise) ? x : other))
            default:
                values.append(try graph.add(.maxPool(kernel: 3, stride: 1, padding: 1), x))
            }
        }
        graph.setOutputs(
            values.suffix(3) + (0..<2).compactMap { _ in values.randomElement(using: &noise) })
        return graph
    }
}
