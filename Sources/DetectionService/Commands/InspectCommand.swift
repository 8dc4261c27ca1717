internal import Detection
internal import Inference

/// `inspect`: what a checkpoint is made of.
struct InspectCommand: Command {
    static let name = "inspect"
    static let summary = "Lists a checkpoint's layers, parameters, FLOPs and experts"
    static let discussion = """
        FLOPs are for one picture of the size the file says; a multiplication and its addition are
        two. R_param and R_flops are what a dynamic layer costs over a static one of its shape
        (arXiv 2306.14525): by the formula, and counted with biases and the mean of the input.
        """
    static let operands = Operands(placeholder: "FILE", count: 1...1)
    static var options: [CommandOption<InspectCommand>] {
        [
            Configuration.routingOption.within(\.configuration),
            .open(
                "height", \.height, .whole(1...8192, "PIXELS"), "height of the picture",
                standard: "what the file says"),
            .open(
                "width", \.width, .whole(1...8192, "PIXELS"), "width of the picture",
                standard: "what the file says"),
            .toggle("json", \.isJSON, "print JSON"),
        ]
    }

    var configuration = Configuration()
    var height: Int?
    var width: Int?
    var isJSON = false
    var operandValues: [String] = []

    func run(_ console: Console) throws(CommandFailure) {
        var configuration = configuration
        configuration.model = operandValues[0]
        let model = try ModelFile.open(configuration)
        let detector = model.detector
        let size = detector.model.imageSize
        let report: ModelReport
        do { report = try detector.report(height: height ?? size, width: width ?? size) } catch {
            throw CommandFailure("\(operandValues[0]): \(error.words)")
        }
        console.output(
            isJSON ? report.json(of: model.identity) : report.table(of: model.identity))
    }
}
