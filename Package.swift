// swift-tools-version: 6.3
import PackageDescription

/// One list for every Swift target: safe by default, nothing imported by accident.
let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
    .enableExperimentalFeature("SafeInteropWrappers"),
]

/// C is optimised in debug builds too: at -O0 the kernels are fifty times slower.
let c: [CSetting] = [.unsafeFlags(["-std=c23", "-O2", "-Wall", "-Wextra", "-Werror"])]

let package = Package(
    name: "DynaDetect",
    products: [.executable(name: "dynadetect", targets: ["dynadetect"])],
    targets: [
        // The way of a request: bytes on a socket become a request, …
        .target(
            name: "HTTPServer", dependencies: ["COpenSSL", "CZlib", "CLinux", "Locks"],
            swiftSettings: strict),
        // … its body a picture, letterboxed, …
        .target(
            name: "Imaging", dependencies: ["CResizing", "CTurboJPEG", "CPNG", "CWebP"],
            swiftSettings: strict,
            linkerSettings: [.linkedLibrary("m")]),  // rounding calls it in debug builds
        // … the picture waits with its like for a worker, …
        .target(
            name: "Batching", dependencies: ["CLinux", "Locks"], swiftSettings: strict),
        // … who runs the network …
        .target(name: "Inference", dependencies: ["CKernels", "Locks"], swiftSettings: strict),
        // … that was read from a file, …
        .target(name: "Checkpoints", dependencies: ["CZlib"], swiftSettings: strict),
        // … turns its output into boxes, …
        .target(
            name: "Detection", dependencies: ["Checkpoints", "Inference"], swiftSettings: strict),
        // … and answers in JSON.
        .target(
            name: "DetectionService",
            dependencies: [
                "HTTPServer", "Imaging", "Batching", "Inference", "Checkpoints", "Detection",
                "Locks", "CBuiltInModel", "COpenSSL", "CLinux",
            ], swiftSettings: strict),
        .executableTarget(
            name: "dynadetect", dependencies: ["DetectionService", "CSignals"],
            swiftSettings: strict),

        // A lock that the thread sanitizer understands.
        .target(name: "Locks", swiftSettings: strict),

        // Holds back signals before main.
        .target(name: "CSignals", cSettings: c),

        // The loops that must be fast, and the built-in model's bytes.
        .target(name: "CKernels", cSettings: c),
        .target(name: "CResizing", cSettings: c),
        .target(name: "CBuiltInModel", cSettings: c),

        // Debian's libraries, each behind one Swift file.
        .systemLibrary(
            name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
        .target(name: "CPNG", dependencies: ["CLibPNG"], cSettings: c),
        .systemLibrary(
            name: "CLibPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(
            name: "CWebP", pkgConfig: "libwebpdemux", providers: [.apt(["libwebp-dev"])]),
        .systemLibrary(name: "CLinux"),  // epoll and what else Glibc leaves out
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // Tests mirror sources; TidyTests hold what the compiler does not.
        .testTarget(name: "TidyTests", swiftSettings: strict),
        .testTarget(
            name: "HTTPServerTests", dependencies: ["HTTPServer", "COpenSSL", "Locks"],
            swiftSettings: strict),
        .testTarget(
            name: "ImagingTests", dependencies: ["Imaging"], resources: [.copy("Goldens")],
            swiftSettings: strict),
        .testTarget(
            name: "BatchingTests", dependencies: ["Batching", "CLinux", "Locks"],
            swiftSettings: strict),
        .testTarget(
            name: "InferenceTests",
            dependencies: ["Inference", "Locks", "CKernels", "CAllocationCount"],
            resources: [.copy("Goldens")], swiftSettings: strict),
        .target(name: "CAllocationCount", path: "Tests/CAllocationCount", cSettings: c),
        .testTarget(
            name: "CheckpointsTests", dependencies: ["Checkpoints"], resources: [.copy("Goldens")],
            swiftSettings: strict),
        .testTarget(
            name: "DetectionTests", dependencies: ["Detection", "Checkpoints", "Inference"],
            resources: [.copy("Goldens")], swiftSettings: strict),
        .testTarget(
            name: "DetectionServiceTests",
            dependencies: [
                "DetectionService", "Batching", "Checkpoints", "Detection", "HTTPServer",
                "Imaging", "Inference", "Locks",
            ],
            resources: [.copy("Goldens")], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)

// FUZZ=1: one executable for each parser of a stranger's bytes (Fuzz/README.md).
if Context.environment["FUZZ"] == "1" {
    for (name, target) in [
        ("Request", "HTTPServer"), ("Form", "HTTPServer"), ("Inflate", "HTTPServer"),
        ("JSON", "DetectionService"), ("Base64", "DetectionService"),
        ("Pickle", "Checkpoints"), ("Safetensors", "Checkpoints"), ("Picture", "Imaging"),
    ] {
        package.targets.append(
            .executableTarget(
                name: "\(name)Fuzzer", dependencies: [.byName(name: target)],
                path: "Fuzz/\(name)Fuzzer",
                swiftSettings: [.unsafeFlags(["-parse-as-library"])]))  // main is libFuzzer's
    }
}

// BENCH=1: the server with a handler that does nothing (scripts/bench-http).
if Context.environment["BENCH"] == "1" {
    package.targets.append(
        .executableTarget(
            name: "HTTPBenchmark", dependencies: ["HTTPServer"], path: "Benchmarks/HTTP",
            swiftSettings: strict))
}
