internal import Checkpoints
internal import Detection
internal import Imaging
internal import Inference

/// `calibrate`: a model with the ranges that int8 needs.
struct CalibrateCommand: Command {
    static let name = "calibrate"
    static let summary = "Measures a model's activations on pictures, for --precision int8"
    static let discussion = """
        The network runs in fp32 on each picture, letterboxed as when it detects, and the smallest and
        largest number of every layer are written into the new file's metadata. Some hundred pictures
        like those it will meet are enough. Weights stay as they are.
        """
    static let operands = Operands(placeholder: "MODEL PICTURE…", count: 2...Int.max)
    static var options: [CommandOption<CalibrateCommand>] {
        [
            .open(
                "output", \.output, .text("MODEL.safetensors"),
                "file to write; needed; -o for short"),
            Configuration.routingOption.within(\.configuration),
            Configuration.shapeOption.within(\.configuration),
            Configuration.pixelsOption.within(\.configuration),
        ]
    }

    var configuration = Configuration()
    var output: String?
    var operandValues: [String] = []

    func check() throws(UsageError) {
        guard let output, output.lowercased().hasSuffix(".safetensors") else {
            throw UsageError("calibrate needs -o MODEL.safetensors; \(Self.helpHint)")
        }
    }

    func run(_ console: Console) throws(CommandFailure) {
        guard let output else { return }  // checked when parsed
        let path = operandValues[0]
        var configuration = configuration
        configuration.model = path
        let checkpoint = try ModelFile.checkpoint(path)
        let detector = try ModelFile.detector(checkpoint, configuration)
        let limits = configuration.imageLimits(.live, workers: 1)
        let graph = detector.network.graph
        let calibration: Calibration
        do throws(GraphError) { calibration = try Calibration(of: graph) } catch {
            throw CommandFailure("\(path): \(error.words)")
        }
        try Crew.lead(threads: CPUQuota.live.threads) { (lane) throws(CommandFailure) in
            for picture in operandValues.dropFirst() {
                try observe(picture, limits, detector, calibration, lane)
            }
        }
        var metadata = checkpoint.metadata
        metadata.other[ActivationRanges.key] = ActivationRanges.text(
            calibration.ranges, of: graph)
        let calibrated = Checkpoint(root: checkpoint.root, metadata: metadata)
        do { try calibrated.write(to: output) } catch {
            throw CommandFailure(ModelFile.words(error, path: output))
        }
    }

    private func observe(
        _ path: String, _ limits: ImageLimits, _ detector: Detector, _ calibration: Calibration,
        _ lane: Crew.Lane
    ) throws(CommandFailure) {
        let bytes = try LocalFile.read(path)
        let picture: Picture
        do { picture = try ImageDecoder.decode(bytes.span, limits: limits) } catch {
            throw CommandFailure("'\(path)' \(PredictionError.picture(error).words)")
        }
        let letterbox = Letterbox(
            source: picture.size, imageSize: detector.model.imageSize,
            stride: detector.model.stride, shape: configuration.shape)
        let framed = letterbox.apply(to: picture)
        do throws(GraphError) {
            try calibration.observe(
                height: framed.size.height, width: framed.size.width, on: lane
            ) { $0.fill(pixels: framed.pixels) }
        } catch {
            throw CommandFailure("'\(path)' does not fit the model: \(error.words)")
        }
    }
}
