package import Checkpoints
package import Detection

/// A model as answers name it.
package struct ModelIdentity: Sendable, Equatable {
    package let name: String
    package let version: String
    /// What it can find, and how large it wants its pictures.
    package let description: ModelDescription

    /// - Parameters:
    ///   - name: nil for what the description says.
    package init(name: String? = nil, version: String = "1", description: ModelDescription) {
        self.name = name ?? description.name
        self.version = version
        self.description = description
    }

    /// The identity of a model that was read.
    ///
    /// Its file may say `name` and `model_version`. Otherwise it is called as the file is, and the
    /// version is the date it was written, as checkpoints of Ultralytics hold it, or `1`.
    ///
    /// - Parameter path: nil for the built-in model.
    package init(_ metadata: Metadata, path: String?, description: ModelDescription) {
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
    package func label(_ classID: Int) -> String {
        let names = description.names
        return names.indices.contains(classID) ? names[classID] : String(classID)
    }
}
