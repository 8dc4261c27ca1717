@testable import Checkpoints

/// Reads the input as a model file, asks for every element, and lays out what it read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // libFuzzer lends `count` bytes for the call.
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    guard let file = try? SafetensorsFile(FileBytes(copying: input)) else { return 0 }
    for (_, tensor) in file.tensors { precondition(tensor.floats().count == tensor.count) }
    if let checkpoint = try? Checkpoint(bytes: input, name: "input") {
        _ = SafetensorsWriter(checkpoint)
    }
    return 0
}
