import Testing

/// Who may import whom: the walls between the parts.
///
/// The compiler does not hold them.
private let importsAllowed: [String: Set<String>] = [
    "HTTPServer": [
        "FoundationEssentials", "Dispatch", "Synchronization", "Glibc", "COpenSSL", "CZlib",
        "CLinux",
        "Locks",
    ],
    "Imaging": ["CResizing", "CTurboJPEG", "CPNG", "CWebP"],
    "Checkpoints": ["FoundationEssentials", "Glibc", "CZlib"],
    "Inference": ["CKernels", "Dispatch", "Synchronization", "Glibc", "Locks"],
    "Detection": ["Checkpoints", "Inference", "Glibc"],
    "Batching": ["Dispatch", "Synchronization", "CLinux", "Locks"],
    "Locks": ["Synchronization"],
    "DetectionService": [
        "HTTPServer", "Imaging", "Checkpoints", "Inference", "Detection", "Batching", "Locks",
        "CBuiltInModel", "FoundationEssentials", "Dispatch", "Synchronization", "Glibc",
        // CLinux for the allocator, COpenSSL for the hash of keys: no part has either for all.
        "CLinux", "COpenSSL",
    ],
    "dynadetect": ["DetectionService", "FoundationEssentials", "Glibc"],
]

@Test(arguments: importsAllowed.keys.sorted())
func `a part imports only what the table allows`(part: String) throws {
    let allowed = try #require(importsAllowed[part])
    let files = try SourceTree.swiftFiles(below: "Sources/\(part)")
    #expect(!files.isEmpty)
    for file in files {
        for module in file.lines.compactMap(importedModule) {
            #expect(allowed.contains(module), "\(file.path) imports \(module)")
        }
    }
}

@Test func `every folder of Swift sources is in the table`() throws {
    let folders = try SourceTree.swiftFiles(below: "Sources").map {
        $0.path.split(separator: "/")[1]
    }
    #expect(Set(folders.map(String.init)) == Set(importsAllowed.keys))
}

@Test(arguments: [
    ("internal import CKernels", "CKernels"), ("import Glibc", "Glibc"),
    ("@testable import struct Inference.Graph", "Inference"), ("// import Foundation", nil),
])
func `an import is read from its line`(line: String, module: String?) {
    #expect(importedModule(line) == module)
}

/// The module a line imports, if it is an import.
private func importedModule(_ line: String) -> String? {
    let words = line.split(separator: " ")
    guard let at = words.firstIndex(of: "import"), at + 1 < words.count,
        words[..<at].allSatisfy({ modifiers.contains(String($0)) })
    else { return nil }
    var module = words[at + 1]
    if kinds.contains(String(module)), at + 2 < words.count { module = words[at + 2] }
    return module.split(separator: ".").first.map(String.init)
}

private let modifiers: Set = [
    "package", "internal", "public", "private", "fileprivate", "@testable", "@preconcurrency",
]
private let kinds: Set = ["struct", "class", "enum", "func", "protocol", "let", "var", "typealias"]
