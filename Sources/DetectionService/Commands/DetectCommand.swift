internal import Detection
internal import Imaging

/// `detect`: pictures from files, and the JSON that the service would answer.
struct DetectCommand: Command {
    static let name = "detect"
    static let summary = "Detects objects in pictures and prints the service's JSON"
    static let discussion = """
        For one picture the reply of POST /detect; for several, {"id","model","results":[…]} in the
        order given. A picture that cannot be used ends the command: nothing is printed then.
        """
    static let operands = Operands(placeholder: "PICTURE…", count: 1...Int.max)
    static var options: [CommandOption<DetectCommand>] {
        (Configuration.modelOptions + Configuration.detectionOptions)
            .map { $0.within(\.configuration) } + [
                .open(
                    "classes", \.classes, .text("LIST"),
                    "only these classes: names or numbers, with commas between",
                    standard: "all"),
                .toggle(
                    "agnostic", \.isAgnostic, "let boxes of different classes suppress each other"),
                .open(
                    "annotate", \.annotated, .text("OUT.jpg"),
                    "write the picture with its boxes drawn; of several pictures the first to"
                        + " OUT-1.jpg, the next to OUT-2.jpg, …"),
                Configuration.workersOption.within(\.configuration),
                Configuration.pixelsOption.within(\.configuration),
            ]
    }

    var configuration = Configuration()
    var classes: String?
    var isAgnostic = false
    var annotated: String?
    var operandValues: [String] = []

    func check() throws(UsageError) {
        guard let annotated else { return }
        let name = annotated.lowercased()
        guard name.hasSuffix(".jpg") || name.hasSuffix(".jpeg") else {
            throw UsageError("--annotate writes a JPEG: '\(annotated)' must end in .jpg")
        }
    }

    func run(_ console: Console) throws(CommandFailure) {
        let model = try ModelFile.open(configuration)
        ModelFile.sayPrecision(of: model.detector, on: console)
        let options = try options(for: model.detector.model)
        let workers = configuration.workerCount(.live)
        let predictor = NetworkPredictor(
            model, configuration, workers: workers, memory: .live)
        let pictures = PictureRunner(predictor, workers: workers, batchMax: 1)
        let predictions = try pictures.predict(operandValues.count, options: options) {
            (index) throws(CommandFailure) in
            let path = operandValues[index]
            return (path, PictureBytes(try LocalFile.read(path)))
        }
        for (index, prediction) in predictions.enumerated() {
            if let jpeg = prediction.annotatedJPEG, let path = annotatedPath(index) {
                try LocalFile.write(jpeg, to: path)
            }
        }
        let id = RequestID.make()
        let json =
            if let only = predictions.first, predictions.count == 1 {
                DetectReply.json(id: id, model: predictor.model, prediction: only)
            } else {
                DetectReply.json(id: id, model: predictor.model, predictions: predictions)
            }
        console.output(String(decoding: json, as: UTF8.self) + "\n")
    }

    /// Where the picture with boxes goes.
    func annotatedPath(_ index: Int) -> String? {
        guard let annotated, operandValues.count > 1, let dot = annotated.lastIndex(of: ".") else {
            return annotated
        }
        return "\(annotated[..<dot])-\(index + 1)\(annotated[dot...])"
    }

    private func options(for model: ModelDescription) throws(CommandFailure) -> PredictionOptions {
        var options = configuration.detectionOptions(for: model)
        options.isAgnostic = isAgnostic || options.isAgnostic
        if let classes {
            do {
                options = try OptionReader(model: model).read(
                    query: [("classes", .text(classes))], body: [], defaults: options)
            } catch { throw CommandFailure("--classes: \(error.problem.detail)") }
        }
        return PredictionOptions(detection: options, isAnnotated: annotated != nil)
    }
}
