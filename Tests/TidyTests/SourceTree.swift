import FoundationEssentials

/// The checkout as text: what the tidy tests read.
struct SourceTree {
    /// One Swift file, by its path from the package's root.
    struct File {
        let path: String
        let lines: [String]
    }

    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The Swift files below a folder, in a stable order.
    static func swiftFiles(below folder: String) throws -> [File] {
        try paths(below: folder).filter { $0.hasSuffix(".swift") }.map { path in
            File(
                path: path,
                lines: try text(of: path).split(separator: "\n", omittingEmptySubsequences: false)
                    .map(String.init))
        }
    }

    /// Paths of the files below a folder, from the package's root.
    static func paths(below folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
            .map { "\(folder)/\($0)" }.sorted()
    }

    static func text(of path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }
}
