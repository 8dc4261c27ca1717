/// Why a file is not a model we can read; each names the place.
package enum CheckpointError: Error, Equatable {
    /// The file could not be opened, mapped or written.
    case unreadable(path: String, reason: String)
    /// The bytes contradict themselves or the format, or some are missing.
    case malformed(place: String, reason: String)
    /// The file is sound, but asks for what we will not or cannot do.
    case refused(place: String, reason: String)
    /// Something is longer than any real model needs.
    case limit(place: String, reason: String)
}

extension CheckpointError: CustomStringConvertible {
    /// One line for a person: the place, then what is wrong with it.
    ///
    /// Names come from the file: control characters, which could write on a terminal, are replaced.
    package var description: String {
        let (place, reason) =
            switch self {
            case .unreadable(let path, let reason): (path, reason)
            case .malformed(let place, let reason), .refused(let place, let reason),
                .limit(let place, let reason):
                (place, reason)
            }
        var line = String.UnicodeScalarView()
        for scalar in "\(place): \(reason)".unicodeScalars {
            line.append(scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
        }
        return String(line)
    }
}
