internal import Checkpoints
internal import Detection

/// `convert`: a checkpoint as `.safetensors`, with all that is needed to run it.
struct ConvertCommand: Command {
    static let name = "convert"
    static let summary = "Writes a checkpoint as .safetensors"
    static let discussion = """
        The file is checked to be a model that can be run before anything is written.
        """
    static let operands = Operands(placeholder: "IN OUT.safetensors", count: 2...2)
    static var options: [CommandOption<ConvertCommand>] { [] }

    var operandValues: [String] = []

    func check() throws(UsageError) {
        guard operandValues[1].lowercased().hasSuffix(".safetensors") else {
            throw UsageError("'\(operandValues[1])' must end in .safetensors; \(Self.helpHint)")
        }
    }

    func run(_ console: Console) throws(CommandFailure) {
        var configuration = Configuration()
        configuration.model = operandValues[0]
        let checkpoint = try ModelFile.checkpoint(configuration.model)
        _ = try ModelFile.detector(checkpoint, configuration)
        do { try checkpoint.write(to: operandValues[1]) } catch {
            throw CommandFailure(ModelFile.words(error, path: operandValues[1]))
        }
    }
}
