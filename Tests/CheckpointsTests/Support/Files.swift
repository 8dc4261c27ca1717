import Glibc

@testable import Checkpoints

/// Files beside these tests.
enum Files {
    private static let tests = "\(#filePath)".split(separator: "/").dropLast(3).joined(
        separator: "/")

    /// What the networks of Detection's tests are stored in.
    static func network(_ name: String) -> String {
        "/\(tests)/DetectionTests/Goldens/\(name)"
    }

    static func golden(_ name: String) -> String {
        "/\(tests)/CheckpointsTests/Goldens/\(name)"
    }

    /// Calls with a path that nobody else uses, and removes what stands there afterwards.
    static func withTemporary<Result>(_ body: (String) throws -> Result) rethrows -> Result {
        let path = "/tmp/checkpoints-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        // The path is lent as a C string for the call.
        defer { unsafe unlink(path) }
        return try body(path)
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        let file = try FileBytes(mapping: path)
        return file.span.indices.map { file.span[$0] }
    }
}

extension Checkpoint {
    /// What is wrong with a file; nil if it is read.
    static func error(of bytes: [UInt8]) -> CheckpointError? {
        do throws(CheckpointError) {
            _ = try Checkpoint(bytes: bytes, name: "test")
            return nil
        } catch { return error }
    }
}

/// The first thing that two trees differ in; nil if there is none.
func difference(_ one: Module, _ other: Module) -> String? {
    for (one, other) in zip(lines(one), lines(other)) where one != other {
        return "\(one.prefix(200)) | \(other.prefix(200))"
    }
    return lines(one).count == lines(other).count ? nil : "one tree has more"
}

/// A tree in a form that can be compared: one line a module, attribute or tensor.
private func lines(_ module: Module) -> [String] {
    let head = "\(module.path): \(module.className)"
    let attributes = module.attributes.sorted { $0.key < $1.key }
        .map { "\(module.path) \($0.key) = \(JSON($0.value).text)" }
    let tensors = module.tensors.sorted { $0.key < $1.key }.map { name, tensor in
        "\(module.path).\(name): \(tensor.elementType) \(tensor.shape) \(tensor.floats())"
    }
    let children = module.children.flatMap { ["> \($0.name)"] + lines($0.module) }
    return [head] + attributes + tensors + children
}

extension Module {
    /// The module of a dotted path below this one.
    func at(_ path: String) -> Module? {
        path.split(separator: ".").reduce(Optional(self)) { $0?[child: String($1)] }
    }
}
