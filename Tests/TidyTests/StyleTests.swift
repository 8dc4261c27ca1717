import Testing

/// Where raw memory or a C library is met.
///
/// Nowhere else may a line say `unsafe`.
private let unsafeFiles: Set = [
    "Sources/Checkpoints/Checkpoint.swift",
    "Sources/Checkpoints/FileBytes.swift",
    "Sources/Checkpoints/Safetensors/NewFile.swift",
    "Sources/Checkpoints/Zip/Zlib.swift",
    "Sources/DetectionService/BuiltIn.swift",
    "Sources/DetectionService/Console.swift",
    "Sources/DetectionService/DescriptorQuota.swift",
    "Sources/DetectionService/KeyDigest.swift",
    "Sources/DetectionService/ProcessSignals.swift",
    "Sources/HTTPServer/Array+Span.swift",
    "Sources/HTTPServer/ListeningSocket.swift",
    "Sources/HTTPServer/Poller.swift",
    "Sources/HTTPServer/Probe.swift",
    "Sources/HTTPServer/ProbeStream.swift",
    "Sources/HTTPServer/Socket.swift",
    "Sources/HTTPServer/TLSContext.swift",
    "Sources/HTTPServer/TLSStream.swift",
    "Sources/HTTPServer/Zlib.swift",
    "Sources/Imaging/JPEGDecoder.swift",
    "Sources/Imaging/Resize.swift",
    "Sources/Imaging/WebPDecoder.swift",
    "Sources/Inference/Arena.swift",
    "Sources/Inference/ISA.swift",
    "Sources/Inference/Kernels+Narrow.swift",
    "Sources/Inference/Kernels.swift",
    "Sources/Inference/SectionSlot.swift",
]

@Test func `unsafe code stands only in the files that are listed`() throws {
    let found = try SourceTree.swiftFiles(below: "Sources").filter { file in
        file.lines.contains { line in
            code(of: line).split { !$0.isLetter && $0 != "@" }.contains {
                $0 == "unsafe" || $0 == "@unsafe"
            }
        }
    }
    #expect(found.map(\.path).sorted() == unsafeFiles.sorted())
}

@Test func `a promise the compiler cannot check has its proof beside it`() throws {
    for file in try SourceTree.swiftFiles(below: "Sources") {
        for (number, line) in file.lines.enumerated()
        where code(of: line).contains("@unchecked")
            || code(of: line).contains("nonisolated(unsafe)")
        {
            let above = file.lines[max(0, number - 12)..<number]
            #expect(
                above.contains { $0.contains("//") }, "\(file.path):\(number + 1) says no why")
        }
    }
}

@Test func `every declaration that other targets see is documented`() throws {
    for file in try SourceTree.swiftFiles(below: "Sources") {
        for (number, line) in file.lines.enumerated() where declares(line) {
            #expect(
                isDocumented(number, in: file.lines), "\(file.path):\(number + 1): \(line)")
        }
    }
}

@Test func `a source file holds one idea, not two`() throws {
    for file in try SourceTree.swiftFiles(below: "Sources") {
        #expect(file.lines.count <= 320, "\(file.path) has \(file.lines.count) lines")
    }
}

@Test func `no drawer is called Utils`() throws {
    let drawers = ["Utils", "Utilities", "Common", "Helpers", "Manager", "Misc"]
    for path in try SourceTree.paths(below: "Sources") {
        let names = path.split { $0 == "/" || $0 == "." }.map(String.init)
        #expect(names.allSatisfy { !drawers.contains($0) }, "\(path)")
    }
}

@Test func `nothing is left undone in silence`() throws {
    let marks = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "fatal" + "Error("]
    for file in try SourceTree.swiftFiles(below: "Sources") {
        for mark in marks {
            #expect(!file.lines.contains { $0.contains(mark) }, "\(file.path) holds \(mark)")
        }
    }
}

/// A line without its comment.
private func code(of line: String) -> String {
    guard let comment = line.firstRange(of: "//") else { return line }
    return String(line[..<comment.lowerBound])
}

/// Whether a line declares something that other targets see.
private func declares(_ line: String) -> Bool {
    let words = code(of: line).split(separator: " ").map(String.init)
    guard let at = words.firstIndex(of: "package"), words.count > at + 1 else { return false }
    return words[..<at].allSatisfy { $0.hasPrefix("@") } && words[at + 1] != "import"
}

/// Whether a doc comment stands above a declaration, or beside it for a field of one line.
private func isDocumented(_ number: Int, in lines: [String]) -> Bool {
    if lines[number].contains("//") { return true }
    var above = number - 1
    while above >= 0, lines[above].trimmed.hasPrefix("@") { above -= 1 }
    return above >= 0 && lines[above].trimmed.hasPrefix("///")
}

extension String {
    fileprivate var trimmed: Substring { drop { $0 == " " } }
}
