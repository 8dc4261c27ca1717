internal import Detection
internal import Imaging
internal import Inference

/// `bench`: how long a picture takes.
struct BenchCommand: Command {
    static let name = "bench"
    static let summary = "Measures milliseconds a picture"
    static let discussion = """
        Without --pictures: noise of the network's input size, from its first byte to the boxes; all
        threads share each picture. A run is one batch; its time is divided by the pictures in it.
        gflops is the arithmetic of the network's convolutions (2 for a multiplication and its
        addition, mixing of experts included) over the median time.

        With --pictures: files of a folder, from their bytes to the boxes, through the service's own
        queue with a worker for each thread; a run is the whole folder. ms_per_image is what each
        picture took its worker; pictures_per_second and gflops are over the whole time; height and
        width are the model's image size, which the longer side of a picture is fitted to.

        With --layers: how long each part of a pass takes, and what of the most that the cores can do
        it reaches. A convolution's arithmetic is counted as if no algorithm saved any, so that one
        may reach more than 100%.

        With --tune: which algorithm is the fastest for each convolution on this machine, and how its
        work is best cut for the caches, written into the source files that networks are made from,
        AlgorithmTable+Measured.swift and CutTable+Measured.swift of that folder; what other networks,
        instruction sets and precisions gave stays in them. --runs is for each of the cuts that are
        tried. It is for those who build dynadetect, on a quiet machine.

        Three runs to warm up are not counted.
        """
    static let operands = Operands.none
    static var options: [CommandOption<BenchCommand>] {
        (Configuration.modelOptions
            + [Configuration.shapeOption, Configuration.jpegScalingOption])
            .map { $0.within(\.configuration) } + [
                .value(
                    "threads", \.threads, .whole(1...1024), "threads that compute",
                    default: standard, because: "as engines are compared"),
                .value(
                    "batch", \.batch, .whole(1...1024), "pictures at a time", default: standard),
                .open(
                    "height", \.height, .whole(1...8192, "PIXELS"), "height of the input",
                    standard: "what the file says"),
                .open(
                    "width", \.width, .whole(1...8192, "PIXELS"), "width of the input",
                    standard: "what the file says"),
                .value(
                    "runs", \.runs, .whole(1...100_000), "runs that count", default: standard),
                .toggle("layers", \.hasLayers, "measure each layer too"),
                .open(
                    "tune", \.tune, .text("DIR"), "measure how to compute, write the tables"),
                .toggle("json", \.isJSON, "print JSON"),
                .open("pictures", \.pictures, .text("DIR"), "measure the pictures of a folder"),
            ]
    }

    var configuration = Configuration()
    var threads = 1
    var batch = 1
    var height: Int?
    var width: Int?
    var runs = 20
    var hasLayers = false
    var tune: String?
    var isJSON = false
    var pictures: String?
    var operandValues: [String] = []

    private static var standard: BenchCommand { BenchCommand() }
    private static let warmUps = 3

    func check() throws(UsageError) {
        if pictures != nil, height != nil || width != nil {
            throw UsageError("--height and --width are the pictures' own with --pictures")
        }
        if pictures != nil, hasLayers {
            throw UsageError("--layers measures noise, not --pictures")
        }
        if tune != nil, pictures != nil || hasLayers || isJSON {
            throw UsageError("--tune measures noise, and nothing else")
        }
    }

    func run(_ console: Console) throws(CommandFailure) {
        if let tune { return try self.tune(into: tune, console) }
        let report =
            if let pictures {
                try measure(folder: pictures, console)
            } else {
                try measure(console)
            }
        console.output(isJSON ? report.json : report.text)
    }

    /// Noise through the network.
    private func measure(_ console: Console) throws(CommandFailure) -> BenchReport {
        let model = try ModelFile.open(configuration)
        ModelFile.sayPrecision(of: model.detector, on: console)
        let detector = model.detector
        let height = height ?? detector.model.imageSize
        let width = width ?? detector.model.imageSize
        do throws(GraphError) {
            let operations = try detector.report(height: height, width: width).flops
            let samples = try milliseconds(detector, height: height, width: width)
            let time = Percentiles(samples)
            var report = report(
                model, height: height, width: width, time: time,
                gflops: Double(operations) / time.median / 1e6)
            if hasLayers {
                report.layers = try layers(
                    detector.network, height: height, width: width, picture: time.median)
            }
            return report
        } catch {
            throw CommandFailure("the network does not take \(height)×\(width): \(error.words)")
        }
    }

    /// A picture's share of the time of each run that counts.
    private func milliseconds(
        _ detector: Detector, height: Int, width: Int
    ) throws(GraphError) -> [Double] {
        var random = Noise(seed: 1)
        let noise = random.bytes(height * width * 3)
        var options = DetectionOptions()
        options.confidence = 1  // no box is surer: what is measured is the network and its head
        return try Crew.lead(threads: threads) { (lane) throws(GraphError) in
            let session = detector.makeSession()
            var samples: [Double] = []
            for run in 0..<Self.warmUps + runs {
                var stopwatch = Stopwatch()
                try session.detect(
                    pictures: batch, height: height, width: width, on: lane,
                    options: { _ in options },
                    load: { $1.fill(pixels: noise.span) },
                    finish: { _, _, _ in })
                let lap = stopwatch.lap()
                if run >= Self.warmUps { samples.append(lap.milliseconds / Double(batch)) }
            }
            return samples
        }
    }

    /// The parts of a pass, on noise.
    private func layers(
        _ network: Network, height: Int, width: Int, picture: Double
    ) throws(GraphError) -> LayerTable {
        var random = Noise(seed: 1)
        let noise = random.bytes(height * width * 3)
        let workspace = network.makeWorkspace()
        let sections = try Crew.lead(threads: threads) { (lane) throws(GraphError) in
            try network.profile(
                runs: runs, height: height, width: width, in: workspace, on: lane
            ) { $0.fill(pixels: noise.span) }
        }
        return LayerTable(
            sections: sections, picture: picture,
            peak: network.measurePeak() * Double(threads))
    }

    /// Files through the service's queue.
    private func measure(
        folder: String, _ console: Console
    ) throws(CommandFailure) -> BenchReport {
        let paths = try LocalFile.pictures(in: folder)
        var files: [PictureBytes] = []
        for path in paths { files.append(PictureBytes(try LocalFile.read(path))) }
        let model = try ModelFile.open(configuration)
        ModelFile.sayPrecision(of: model.detector, on: console)
        let predictor = NetworkPredictor(model, configuration, workers: threads, memory: .live)
        let runner = PictureRunner(predictor, workers: threads, batchMax: batch)

        var samples: [Double] = []
        var counted = Duration.zero
        for run in 0..<Self.warmUps + runs {
            var stopwatch = Stopwatch()
            let predictions = try runner.predict(files.count, options: PredictionOptions()) {
                (paths[$0], files[$0])
            }
            let lap = stopwatch.lap()
            guard run >= Self.warmUps else { continue }
            counted += lap
            samples += predictions.map { ($0.timing.total - $0.timing.queue).milliseconds }
        }

        let seconds = counted.milliseconds / 1000
        let total = files.reduce(0.0) { $0 + operations(on: $1, model, predictor) }
        let imageSize = model.detector.model.imageSize
        var report = report(
            model, height: imageSize, width: imageSize, time: Percentiles(samples),
            gflops: total * Double(runs) / seconds / 1e9)
        report.picturesPerSecond = Double(samples.count) / seconds
        return report
    }

    /// The arithmetic of one picture that has been through the network, so that nothing can fail.
    private func operations(
        on picture: PictureBytes, _ model: ModelFile.Model, _ predictor: NetworkPredictor
    ) -> Double {
        guard let frame = try? predictor.letterbox(for: picture.span).target,
            let report = try? model.detector.report(height: frame.height, width: frame.width)
        else { return 0 }
        return Double(report.flops)
    }

    private func report(
        _ model: ModelFile.Model, height: Int, width: Int, time: Percentiles, gflops: Double
    ) -> BenchReport {
        BenchReport(
            model: model.identity.name, isa: model.detector.network.isa.rawValue,
            precision: model.detector.network.precision.rawValue, threads: threads, batch: batch,
            height: height,
            width: width, runs: runs, millisecondsPerImage: time, gflops: gflops)
    }
}
