/// The program's version (semantic versioning), as `--version`, `/version` and the metrics say it.
enum Version {
    static let current = "0.1.0"
}
