package import Inference

/// Why a checkpoint is no detector we can run; each names the module's path and what is supported.
package enum ModelError: Error, Equatable {
    /// A module we have no arithmetic for, or one whose numbers do not fit its neighbours.
    case unsupported(module: String, reason: String)
    /// A module without something that it cannot do without.
    case missing(module: String, what: String)
    /// The network cannot be built or run.
    case graph(GraphError)
}

extension ModelError: CustomStringConvertible {
    /// One sentence for the person who chose the file.
    package var description: String {
        switch self {
        case .unsupported(let module, let reason): "\(module): \(reason)"
        case .missing(let module, let what): "\(module): \(what) is missing"
        case .graph(.invalid(let step, let reason)): "\(step): \(reason)"
        case .graph(.shape(let reason)): reason
        }
    }
}
