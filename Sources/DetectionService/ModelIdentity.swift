internal import Checkpoints
internal import Detection

/// A model as answers name it.
struct ModelIdentity: Sendable, Equatable {
    /// What requests and answers call it.
    let name: String
    /// Which of the models of that name it is.
    let version: String
    /// What it can find, and how large it wants its pictures.
    let description: ModelDescription

    /// An identity; a `name` of nil is what the description says.
    init(name: String? = nil, version: String = "1", description: ModelDescription) {
        self.name = name ?? description.name
        self.version = version
        self.description = description
    }

    /// The identity of a model that was read.
    ///
    /// Its file may say `name` and `model_version`. Otherwise it is called as the file is, and the
    /// version is the date it was written, as checkpoints of Ultralytics hold it, or `1`.
    /// A `path` of nil is the built-in model's.
    init(_ metadata: Metadata, path: String?, description: ModelDescription) {
        let stem = path.map { path in
            let file = path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
            return String(file[..<(file.lastIndex(of: ".") ?? file.endIndex)])
        }
        self.init(
            name: metadata.other["name"] ?? stem ?? "built-in",
            version: metadata.other["model_version"] ?? metadata.other["date"] ?? "1",
            description: description)
    }

    /// The name of a class, or its number where the model has no name for it.
    func label(_ classID: Int) -> String {
        let names = description.names
        return names.indices.contains(classID) ? names[classID] : String(classID)
    }
}
