@testable import Checkpoints

/// Reads the input as the `data.pkl` of a `.pt` with one small storage, and every tensor it makes; an input
/// that is a zip itself is read as a whole file.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // libFuzzer lends `count` bytes for the call.
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let isZip = input.starts(with: [0x50, 0x4B, 3, 4])
    let file = isZip ? input : zip([("a/data.pkl", input), ("a/data/0", Array(0..<64))])
    if let checkpoint = try? Checkpoint(bytes: file, name: "input") { read(checkpoint.root) }
    return 0
}

/// Asks for every element.
private func read(_ module: Module) {
    for tensor in module.tensors.values { precondition(tensor.floats().count == tensor.count) }
    for (_, child) in module.children { read(child) }
}

/// A zip of stored entries with right checksums.
private func zip(_ entries: [(name: String, contents: [UInt8])]) -> [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for (name, contents) in entries {
        let offset = file.count
        let name = Array(name.utf8)
        file += [0x50, 0x4B, 3, 4] + zeros(22) + bytes(name.count, 2) + zeros(2) + name + contents
        directory += [0x50, 0x4B, 1, 2] + zeros(12)
        directory += bytes(Int(Zlib.crc32(contents.span)), 4)
        directory += bytes(contents.count, 4) + bytes(contents.count, 4) + bytes(name.count, 2)
        directory += zeros(12) + bytes(offset, 4) + name
    }
    let end = [0x50, 0x4B, 5, 6] + zeros(4) + bytes(entries.count, 2) + bytes(entries.count, 2)
    let place = bytes(directory.count, 4) + bytes(file.count, 4) + zeros(2)
    return file + directory + end + place
}

private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

private func bytes(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
