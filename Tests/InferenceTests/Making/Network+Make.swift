import Inference

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
