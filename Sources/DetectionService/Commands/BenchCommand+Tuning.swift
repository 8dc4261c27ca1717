internal import Detection
internal import Inference

extension BenchCommand {
    /// Measures cuts, and writes those that beat their rule into the table of `path`.
    func tune(into path: String, _ console: Console) throws(CommandFailure) {
        let model = try ModelFile.open(configuration)
        let network = model.detector.network
        let height = height ?? model.detector.model.imageSize
        let width = width ?? model.detector.model.imageSize
        var table = CutTable(text: String(decoding: try LocalFile.read(path), as: UTF8.self))
        var random = Noise(seed: 1)
        let noise = random.bytes(height * width * 3)
        let timings: [CutTiming]
        do throws(GraphError) {
            let workspace = network.makeWorkspace()
            timings = try Crew.lead(threads: threads) { (lane) throws(GraphError) in
                try network.tune(
                    &table, runs: runs, height: height, width: width, in: workspace, on: lane
                ) { $0.fill(pixels: noise.span) }
            }
        } catch {
            throw CommandFailure("the network does not take \(height)×\(width): \(error.words)")
        }
        try LocalFile.write(Array(table.source.utf8), to: path)
        console.output(Self.report(timings))
    }

    private static func report(_ timings: [CutTiming]) -> String {
        var rows = [["layer", "by rule, ms", "best, ms"]]
        for timing in timings {
            rows.append([
                timing.step.printable, "\(timing.rule.milliseconds.rounded(places: 3))",
                "\(timing.duration.milliseconds.rounded(places: 3))",
            ])
        }
        return TextColumns.align(rows).map { $0 + "\n" }.joined()
    }
}
