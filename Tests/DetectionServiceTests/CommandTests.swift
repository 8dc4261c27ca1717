import Checkpoints
import Detection
import FoundationEssentials
import Imaging
import Inference
import Testing

@testable import DetectionService

/// A folder of its own for each test, gone with it.
private final class Folder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/dynadetect-\(RequestID.make())"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
}

/// Commands on the built-in model, from the line to what they write.
struct CommandTests {
    private func run(_ arguments: String...) -> (status: Int32, screen: Screen) {
        let screen = Screen()
        return (Program.run(arguments, environment: [:], console: screen.console), screen)
    }

    @Test func `run gives the head's output for each picture`() throws {
        let folder = try Folder()
        var noise = Noise(seed: 7)
        let picture = noise.bytes(3 * 64 * 32).map { Float($0) / 255 }
        try LocalFile.write(
            Npy(shape: [2, 3, 64, 32], values: picture + picture).bytes, to: folder.file("x.npy"))
        let (status, screen) = run(
            "run", "--input", folder.file("x.npy"), "--output", folder.file("y.npy"), "--threads",
            "2")
        #expect(status == 0, "\(screen.error)")
        let output = try Npy(try LocalFile.read(folder.file("y.npy")))
        #expect(output.shape == [2, 10, 42])
        #expect(output.values[..<420] == output.values[420...])
        #expect(output.values.allSatisfy { $0.isFinite })
    }

    @Test func `run refuses a tensor of another shape, naming the file`() throws {
        let folder = try Folder()
        let path = folder.file("x.npy")
        try LocalFile.write(Npy(shape: [1, 2, 2], values: [1, 2, 3, 4]).bytes, to: path)
        let (status, screen) = run("run", "--input", path, "--output", folder.file("y.npy"))
        #expect(status == 1)
        #expect(
            screen.error
                == "dynadetect: '\(path)' is of shape [1, 2, 2]; [N, 3, H, W] is needed\n")
    }

    @Test func `convert writes what inspect reads`() throws {
        let folder = try Folder()
        try ModelFile.checkpoint(nil).write(to: folder.file("a.safetensors"))
        let (status, screen) = run(
            "convert", folder.file("a.safetensors"), folder.file("b.safetensors"))
        #expect(status == 0, "\(screen.error)")

        var configuration = Configuration()
        configuration.model = folder.file("b.safetensors")
        let model = try ModelFile.open(configuration)
        let report = try model.detector.report(height: 64, width: 96)
        let json = report.json(of: model.identity)
        #expect(
            json.hasPrefix(
                "{\"model\":{\"name\":\"printed codes\",\"version\":\"1\",\"classes\":[\"linear\",")
        )
        #expect(json.contains("\"input\":[3,64,96],\"parameters\":1648498,\"flops\":"))
        let dynamic = json.split(separator: "{\"module\":").first { $0.contains("\"experts\"") }
        let layer = try #require(dynamic)
        #expect(layer.hasPrefix("\"model.2.m.0.cv1\",\"class\":\""))
        #expect(layer.contains("\"experts\":4,\"routing\":{\"kind\":\"sigmoid\",\"decided_by\":"))
        #expect(layer.contains("\"r_param\":{\"formula\":\"M/(C_out·k²) + M\",\"expected\":4.02"))
        #expect(layer.contains("\"r_flops\":{\"formula\":\"1 + M/(H'·W'·C_out·k²) + M/(H'·W')\""))

        let lines = report.table(of: model.identity).split(separator: "\n")
        let row = try #require(lines.first { $0.hasPrefix("model.2.m.0.cv1 ") })
        #expect(row.contains("  16×16×24  "))
        #expect(row.contains("  4 sigmoid  4.028 / "))
        #expect(lines.last?.contains("R_param = M/(C_out·k²) + M, R_flops = 1 + ") == true)
    }

    @Test func `calibrate writes what int8 needs`() throws {
        let folder = try Folder()
        let picture = Picture(size: PixelSize(width: 48, height: 40))
        try LocalFile.write(try picture.jpeg(quality: 90), to: folder.file("grey.jpg"))
        try Self.uncalibrated().write(to: folder.file("a.safetensors"))
        let (status, screen) = run(
            "calibrate", folder.file("a.safetensors"), folder.file("grey.jpg"), "-o",
            folder.file("b.safetensors"))
        #expect(status == 0, "\(screen.error)")

        var configuration = Configuration()
        configuration.precision = .int8
        configuration.model = folder.file("a.safetensors")
        let plain = try ModelFile.open(configuration).detector
        #expect(plain.network.precision == .fp32)
        configuration.model = folder.file("b.safetensors")
        let calibrated = try ModelFile.open(configuration).detector
        let decision = Precision.choose(.int8, isa: .best, hasRanges: true)
        #expect(calibrated.precision == decision)
        #expect(calibrated.network.precision == decision.precision)
    }

    @Test func `calibrate names a picture that it cannot use, in words`() throws {
        let folder = try Folder()
        let path = folder.file("a.jpg")
        try LocalFile.write(Array("GIF89a".utf8), to: path)
        try ModelFile.checkpoint(nil).write(to: folder.file("a.safetensors"))
        let (status, screen) = run(
            "calibrate", folder.file("a.safetensors"), path, "-o", folder.file("b.safetensors"))
        #expect(status == 1)
        #expect(
            screen.error == "dynadetect: '\(path)' is GIF; JPEG, PNG and WebP are accepted\n")
    }

    @Test(arguments: [
        ("qr, 3", nil), ("aztec", nil), (",", "The option 'classes' should be class names or ids"),
        ("qr,zebra", "The model has no class \"zebra\""),
    ])
    func `detect reads classes as the service does`(classes: String, refusal: String?) throws {
        let folder = try Folder()
        let path = folder.file("grey.jpg")
        let picture = Picture(size: PixelSize(width: 48, height: 40))
        try LocalFile.write(try picture.jpeg(quality: 90), to: path)
        let (status, screen) = run("detect", "--classes", classes, path)
        #expect(status == (refusal == nil ? 0 : 1))
        if let refusal {
            #expect(screen.error.hasPrefix("dynadetect: --classes: \(refusal)"), "\(screen.error)")
        } else {
            #expect(screen.output.contains("\"detections\":"), "\(screen.error)")
        }
    }

    /// The built-in model without the ranges that int8 needs.
    private static func uncalibrated() throws -> Checkpoint {
        let builtIn = try ModelFile.checkpoint(nil)
        var metadata = builtIn.metadata
        metadata.other[ActivationRanges.key] = nil
        return Checkpoint(root: builtIn.root, metadata: metadata)
    }

    @Test func `what stands in for a precision is said`() throws {
        let folder = try Folder()
        try Self.uncalibrated().write(to: folder.file("a.safetensors"))
        let (status, screen) = run(
            "bench", "--height", "32", "--width", "32", "--runs", "1", "--precision", "int8",
            "--model", folder.file("a.safetensors"))
        #expect(status == 0)
        #expect(screen.error.hasPrefix("dynadetect: fp32, not int8: "))
        #expect(screen.output.contains(", fp32, "))
    }

    @Test func `bench measures so many runs`() {
        let (status, screen) = run(
            "bench", "--height", "32", "--width", "64", "--runs", "2", "--threads", "2", "--json")
        #expect(status == 0, "\(screen.error)")
        #expect(screen.output.contains("\"batch\":1,\"height\":32,\"width\":64,\"runs\":2,"))
    }

    @Test func `bench writes its two tables, and keeps what stands in them`() throws {
        let folder = try Folder()
        let lines = [
            "AlgorithmTable+Measured.swift": "neon float mixed 2 99 7 direct",
            "CutTable+Measured.swift": "neon float direct 1 1 99 99 7 7 3 0",
        ]
        for (name, line) in lines { try LocalFile.write(Array(line.utf8), to: folder.file(name)) }
        let (status, screen) = run(
            "bench", "--height", "32", "--width", "32", "--runs", "1", "--tune", folder.path)
        #expect(status == 0, "\(screen.error)")
        #expect(screen.output.hasPrefix("3×3 ") && screen.output.contains("\nlayer "))
        for (name, line) in lines {
            let source = String(decoding: try LocalFile.read(folder.file(name)), as: UTF8.self)
            #expect(source.contains("\n        \(line)\n") && source.hasPrefix("// Written by"))
        }
    }

    @Test func `bench says which size does not fit`() {
        let (status, screen) = run("bench", "--height", "33", "--width", "64")
        #expect(status == 1)
        #expect(screen.error.hasPrefix("dynadetect: the network does not take 33×64: "))
    }

    @Test func `a folder without pictures is said so`() throws {
        let folder = try Folder()
        let (status, screen) = run("bench", "--pictures", folder.path)
        #expect(status == 1)
        #expect(
            screen.error == "dynadetect: no .jpg, .jpeg, .png or .webp in '\(folder.path)'\n")
    }
}

struct CommandCrewLeadTests {
    @Test(arguments: [1, 2, 5])
    func `the leader's seat is the first, and what it throws comes out`(threads: Int) {
        struct Oops: Error {}
        let index = Crew.lead(threads: threads) { lane in lane.index }
        #expect(index == 0)
        #expect(throws: Oops.self) {
            try Crew.lead(threads: threads) { (_) throws(Oops) in throw Oops() }
        }
    }
}
