internal import Detection
internal import Inference

extension BenchCommand {
    /// Measures algorithms and cuts, and writes what is best into the tables of a folder.
    func tune(into folder: String, _ console: Console) throws(CommandFailure) {
        let model = try ModelFile.open(configuration)
        let network = model.detector.network
        let height = height ?? model.detector.model.imageSize
        let width = width ?? model.detector.model.imageSize
        var algorithms: AlgorithmTable = try Self.read(in: folder)
        var cuts: CutTable = try Self.read(in: folder)
        var random = Noise(seed: 1)
        let noise = random.bytes(height * width * 3)
        let tuning: Tuning
        do throws(GraphError) {
            let workspace = network.makeWorkspace()
            tuning = try Crew.lead(threads: threads) { (lane) throws(GraphError) in
                try network.tune(
                    runs: runs, height: height, width: width, in: workspace, on: lane
                ) { $0.fill(pixels: noise.span) }
            }
        } catch {
            throw CommandFailure("the network does not take \(height)×\(width): \(error.words)")
        }
        algorithms.take(tuning.algorithms)
        cuts.take(tuning.cuts)
        try Self.write(algorithms, in: folder)
        try Self.write(cuts, in: folder)
        console.output(Self.report(tuning))
    }

    private static func read<Table: MeasuredTable>(
        in folder: String
    ) throws(CommandFailure) -> Table {
        let bytes = try LocalFile.read("\(folder)/\(Table.fileName)")
        return Table(text: String(decoding: bytes, as: UTF8.self))
    }

    private static func write<Table: MeasuredTable>(
        _ table: Table, in folder: String
    ) throws(CommandFailure) {
        try LocalFile.write(Array(table.source.utf8), to: "\(folder)/\(Table.fileName)")
    }

    private static func report(_ tuning: Tuning) -> String {
        var algorithms = [["3×3 convolutions", "by rule, ms", "otherwise, ms", "best"]]
        for timing in tuning.algorithms {
            algorithms.append([
                timing.shape.words, "\(timing.rule.milliseconds.rounded(places: 3))",
                "\(timing.other.milliseconds.rounded(places: 3))", timing.winner,
            ])
        }
        var cuts = [["layer", "by rule, ms", "best, ms"]]
        for timing in tuning.cuts {
            cuts.append([
                timing.step.printable, "\(timing.rule.milliseconds.rounded(places: 3))",
                "\(timing.duration.milliseconds.rounded(places: 3))",
            ])
        }
        let tables = tuning.algorithms.isEmpty ? [cuts] : [algorithms, cuts]
        return tables.map { TextColumns.align($0).map { $0 + "\n" }.joined() }
            .joined(separator: "\n")
    }
}
