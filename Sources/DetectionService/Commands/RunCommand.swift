internal import Detection
internal import Inference

/// `run`: a tensor through the network, and nothing else: how a user checks parity.
struct RunCommand: Command {
    static let name = "run"
    static let summary = "Runs the network on a tensor from a .npy file"
    static let discussion = """
        The input is float32 [N, 3, H, W], RGB from 0 to 1, H and W multiples of the model's stride.
        The output is the head's, float32 [N, 4 + classes, anchors]: cx, cy, w, h in input pixels,
        then a score for each class. Nothing is filtered.
        """
    static let operands = Operands.none
    static var options: [CommandOption<RunCommand>] {
        Configuration.modelOptions.map { $0.within(\.configuration) } + [
            .open("input", \.input, .text("X.npy"), "tensor to read; needed"),
            .open("output", \.output, .text("Y.npy"), "file to write; needed"),
            .open(
                "threads", \.threads, .whole(1...1024), "threads that share a picture",
                standard: "the CPU quota", because: "the result is the same for any number"),
        ]
    }

    var configuration = Configuration()
    var input: String?
    var output: String?
    var threads: Int?
    var operandValues: [String] = []

    func check() throws(UsageError) {
        if input == nil { throw UsageError("run needs --input X.npy; \(Self.helpHint)") }
        if output == nil { throw UsageError("run needs --output Y.npy; \(Self.helpHint)") }
    }

    func run(_ console: Console) throws(CommandFailure) {
        guard let input, let output else { return }  // checked when parsed
        let tensor = try Self.tensor(input)
        let detector = try ModelFile.open(configuration).detector
        ModelFile.sayPrecision(of: detector, on: console)
        let made: (values: [Float], shape: [Int])
        do throws(GraphError) {
            made = try Crew.lead(threads: threads ?? CPUQuota.live.threads) {
                (lane) throws(GraphError) in
                try detector.makeSession().rawOutput(
                    tensor.values.span, pictures: tensor.shape[0], height: tensor.shape[2],
                    width: tensor.shape[3], on: lane)
            }
        } catch {
            throw CommandFailure("'\(input)' does not fit the model: \(error.words)")
        }
        try LocalFile.write(Npy(shape: made.shape, values: made.values).bytes, to: output)
    }

    /// Reads pictures as a tensor: (N, 3, H, W), none of them 0.
    private static func tensor(_ path: String) throws(CommandFailure) -> Npy {
        let bytes = try LocalFile.read(path)
        let tensor: Npy
        do { tensor = try Npy(bytes) } catch {
            throw CommandFailure("'\(path)' \(error.words)")
        }
        guard tensor.shape.count == 4, tensor.shape[1] == 3, !tensor.values.isEmpty else {
            let shape = tensor.shape.map(String.init).joined(separator: ", ")
            throw CommandFailure("'\(path)' is of shape [\(shape)]; [N, 3, H, W] is needed")
        }
        return tensor
    }
}
