internal import Checkpoints
internal import Detection
internal import Inference

/// A model as the user names it: a file, or the built-in one.
enum ModelFile {
    /// What messages call the built-in model.
    static let builtInName = "the built-in model"

    /// Reads the file, or the built-in model where none is named.
    static func checkpoint(_ path: String?) throws(CommandFailure) -> Checkpoint {
        do throws(CheckpointError) {
            if let path { return try Checkpoint(path: path) }
            return try BuiltIn.checkpoint()
        } catch {
            throw CommandFailure(words(error, path: path))
        }
    }

    /// A model that was read, and what answers call it.
    struct Model {
        let detector: Detector
        let identity: ModelIdentity
    }

    /// Reads the model that was asked for and builds its network.
    static func open(_ configuration: Configuration) throws(CommandFailure) -> Model {
        let checkpoint = try checkpoint(configuration.model)
        let detector = try detector(checkpoint, configuration)
        let identity = ModelIdentity(
            checkpoint.metadata, path: configuration.model, description: detector.model)
        return Model(detector: detector, identity: identity)
    }

    /// Builds the network of a file that was read.
    static func detector(
        _ checkpoint: Checkpoint, _ configuration: Configuration
    ) throws(CommandFailure) -> Detector {
        do {
            return try Detector(
                checkpoint, overrides: Detector.Overrides(routing: configuration.routing),
                precision: configuration.precision)
        } catch {
            throw CommandFailure("\(configuration.model ?? builtInName): \(error)")
        }
    }

    /// Tells whoever asked for a precision that another stands in for it.
    static func sayPrecision(of detector: Detector, on console: Console) {
        let decision = detector.precision
        guard decision.isSubstitute else { return }
        console.error("dynadetect: \(decision.precision.rawValue), \(decision.reason)")
    }

    /// What is wrong with a model file, naming it.
    static func words(_ error: CheckpointError, path: String?) -> String {
        let name = path ?? builtInName
        return switch error {
        case .unreadable(_, let reason): "cannot read '\(name)': \(reason)"
        case .malformed(let place, let reason): "\(name) is damaged: \(place): \(reason)"
        case .refused(let place, let reason): "\(name) is refused: \(place): \(reason)"
        case .limit(let place, let reason): "\(name) is beyond a limit: \(place): \(reason)"
        }
    }
}

extension GraphError {
    /// In words, to stand behind a name.
    var words: String {
        switch self {
        case .invalid(let step, let reason): "\(step): \(reason)"
        case .shape(let reason): reason
        }
    }
}
