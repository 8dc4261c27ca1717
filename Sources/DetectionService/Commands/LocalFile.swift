internal import FoundationEssentials

/// Files that the user of the command line names.
enum LocalFile {
    /// The bytes of a file.
    static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
        do { return [UInt8](try Data(contentsOf: URL(filePath: path))) } catch {
            throw CommandFailure("cannot read '\(path)': \(words(error))")
        }
    }

    /// Writes a whole file, in place of one that may be there.
    static func write(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
        do { try Data(bytes).write(to: URL(filePath: path)) } catch {
            throw CommandFailure("cannot write '\(path)': \(words(error))")
        }
    }

    /// Paths of the pictures in a folder, by name: those whose ending says so.
    static func pictures(in folder: String) throws(CommandFailure) -> [String] {
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
            throw CommandFailure("cannot read the folder '\(folder)': \(words(error))")
        }
        let endings = [".jpg", ".jpeg", ".png", ".webp"]
        let pictures = names.sorted().filter { name in
            endings.contains { name.lowercased().hasSuffix($0) }
        }
        guard !pictures.isEmpty else {
            throw CommandFailure("no .jpg, .jpeg, .png or .webp in '\(folder)'")
        }
        return pictures.map { folder + "/" + $0 }
    }

    private static func words(_ error: any Error) -> String {
        guard let error = error as? CocoaError else { return "\(error)" }
        switch error.code {
        case .fileReadNoSuchFile, .fileNoSuchFile: return "there is no such file"
        case .fileReadNoPermission, .fileWriteNoPermission: return "it is not permitted"
        case .fileWriteOutOfSpace: return "no space is left"
        case .fileReadTooLarge: return "it is too large"
        case .fileReadUnknown: return "it is no file, or its disk fails"
        default: return "input or output failed (\(error.code.rawValue))"
        }
    }
}
