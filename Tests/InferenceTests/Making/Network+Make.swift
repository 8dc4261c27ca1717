@testable import Inference

extension Network {
    /// The outputs of pictures run in one batch, each a list of (channels, height, width) maps.
    func outputs(
        of pictures: [[Float]], height: Int, width: Int, in workspace: Workspace? = nil,
        on lane: Crew.Lane = Crew(size: 1).lane(0)
    ) throws(GraphError) -> [[[Float]]] {
        var found = [[[Float]]](repeating: [], count: pictures.count)
        try run(
            pictures: pictures.count, height: height, width: width,
            in: workspace ?? makeWorkspace(), on: lane,
            load: { i, input in
                let picture = pictures[i]
                input.fill(tensor: picture.span)
            },
            unload: { i, outputs in found[i] = outputs.maps })
        return found
    }

    /// The outputs of one picture in bytes (height, width, 3).
    func outputs(
        ofPixels pixels: [UInt8], height: Int, width: Int, in workspace: Workspace? = nil,
        on lane: Crew.Lane = Crew(size: 1).lane(0)
    ) throws(GraphError) -> [[Float]] {
        var found: [[Float]] = []
        try run(
            pictures: 1, height: height, width: width, in: workspace ?? makeWorkspace(), on: lane,
            load: { $1.fill(pixels: pixels.span) }, unload: { found = $1.maps })
        return found
    }

    /// A picture in bytes, and the same as a tensor (3, height, width).
    static func makePixels(height: Int, width: Int) -> (pixels: [UInt8], tensor: [Float]) {
        let count = height * width
        let pixels = (0..<count * 3).map { UInt8(truncatingIfNeeded: $0 * 57 + $0 / 5) }
        return (pixels, (0..<3 * count).map { Float(pixels[$0 % count * 3 + $0 / count]) / 255 })
    }

    /// Seeded pictures.
    static func makePictures(
        _ count: Int, channels: Int = 3, height: Int, width: Int, seed: UInt64 = 7
    ) -> [[Float]] {
        var noise = SeededNoise(seed: seed)
        return (0..<count).map { _ in noise.floats(channels * height * width) }
    }
}

extension Outputs {
    /// All maps, each (channels, height, width).
    var maps: [[Float]] {
        (0..<count).map { index in
            let (channels, height, width) = shape(index)
            var map = [Float](repeating: .nan, count: channels * height * width)
            for c in 0..<channels {
                for y in 0..<height {
                    let row = row(index, block: c / 16, y: y)
                    for x in 0..<width { map[(c * height + y) * width + x] = row[x * 16 + c % 16] }
                }
            }
            return map
        }
    }
}

extension Reference.FeatureMap {
    /// A picture's numbers as the reference takes them.
    static func make(_ picture: [Float], channels: Int, height: Int, width: Int) -> Self {
        Self(
            channels: channels, height: height, width: width, elements: picture.map(Double.init))
    }
}
