import Locks
import Testing

@testable import DetectionService

/// What a command wrote.
final class Screen: Sendable {
    private let lines = Guarded<(output: String, error: String)>(("", ""))
    var output: String { lines.withLock { $0.output } }
    var error: String { lines.withLock { $0.error } }
    var console: Console {
        Console(
            output: { text in self.lines.withLock { $0.output += text } },
            error: { text in self.lines.withLock { $0.error += text + "\n" } })
    }
}

struct CommandLineTests {
    @Test(arguments: [
        ["--nope"], ["nope"], ["detect"], ["inspect"], ["inspect", "a", "b"], ["convert", "a"],
        ["convert", "a", "b.pt"], ["run"], ["run", "--input", "x.npy"], ["bench", "a.pt"],
        ["bench", "--precision", "fp17"], ["calibrate", "a.pt"], ["calibrate", "a.pt", "b.jpg"],
        ["calibrate", "a.pt", "b.jpg", "-o", "c.pt"], ["bench", "--runs", "0"],
        ["bench", "--pictures", "d", "--width", "64"], ["bench", "--json=perhaps"],
        ["bench", "--tune", "t", "--layers"],
        ["detect", "--annotate", "a.png", "b.png"], ["serve", "--port", "x"], ["--", "x"],
        ["key"], ["key", "a b"], ["key", "a:b"],
        ["serve", "--queue-bytes", "1024"], ["serve", "--cors-origin", "https://a/"],
    ])
    func `a line that cannot be understood is status 64 and one line of error`(
        arguments: [String]
    ) {
        let screen = Screen()
        #expect(Program.run(arguments, environment: [:], console: screen.console) == 64)
        #expect(screen.output == "")
        #expect(screen.error.hasPrefix("dynadetect: "))
        #expect(screen.error.split(separator: "\n").count == 1)
    }

    @Test(arguments: [
        (["--help"], "usage: dynadetect [command] [options]"),
        (["-h"], "usage: dynadetect [command] [options]"),
        (["serve", "--help"], "usage: dynadetect serve [options]"),
        (["--port", "80", "--help"], "usage: dynadetect serve [options]"),
        (["detect", "a.jpg", "-h"], "usage: dynadetect detect [options] PICTURE…"),
        (["convert", "--help"], "usage: dynadetect convert IN OUT.safetensors"),
        (["--version"], "dynadetect \(Version.current)"),
    ])
    func `help and version are printed`(arguments: [String], firstLine: String) {
        let screen = Screen()
        #expect(Program.run(arguments, environment: [:], console: screen.console) == 0)
        #expect(screen.output.hasPrefix(firstLine + "\n"))
        #expect(screen.error == "")
    }

    @Test(arguments: [
        (["inspect", "/nonexistent/a.pt"], "/nonexistent/a.pt"),
        (["run", "--input", "/nonexistent/x.npy", "--output", "/dev/null"], "/nonexistent/x.npy"),
        (["detect", "--model", "/nonexistent/a.pt", "x.jpg"], "/nonexistent/a.pt"),
        (["convert", "/nonexistent/a.pt", "/nonexistent/b.safetensors"], "/nonexistent/a.pt"),
        (["calibrate", "/nonexistent/a.pt", "b.jpg", "-o", "c.safetensors"], "/nonexistent/a.pt"),
    ])
    func `a file that cannot be used is status 1 and is named`(
        arguments: [String], path: String
    ) {
        let screen = Screen()
        #expect(Program.run(arguments, environment: [:], console: screen.console) == 1)
        #expect(screen.output == "")
        #expect(screen.error.contains(path))
    }

    @Test(arguments: [([], false), (["--admin"], true)])
    func `a made key opens what its line says, and is shown on another way than the line`(
        options: [String], isAdministrator: Bool
    ) throws {
        let screen = Screen()
        let arguments = ["key", "camera-7"] + options
        #expect(Program.run(arguments, environment: [:], console: screen.console) == 0)
        let key = try #require(screen.error.split(separator: " ").last).trimmed
        #expect(key.hasPrefix("dd_") && key.utf8.count == 67)
        #expect(!screen.output.contains(key))
        let holder = try APIKeys(screen.output).holder(of: key)
        #expect(holder?.name == "camera-7")
        #expect(holder?.isAdministrator == isAdministrator)
    }

    @Test func `a control character in a name does not break the line`() {
        let screen = Screen()
        _ = Program.run(["a\nb\u{1B}[31m"], environment: [:], console: screen.console)
        #expect(screen.error.hasPrefix("dynadetect: unknown command 'a?b?[31m'"))
    }

    @Test func `of an option given twice the last one counts`() throws {
        let command = try BenchCommand.parse(["--runs", "1", "--runs=2"], environment: [:])
        #expect(command.runs == 2)
    }

    @Test func `a switch is on when named, and as the environment says`() throws {
        #expect(try BenchCommand.parse(["--json"], environment: [:]).isJSON)
        #expect(try !BenchCommand.parse([], environment: [:]).isJSON)
        #expect(try BenchCommand.parse([], environment: ["DYNADETECT_JSON": "1"]).isJSON)
        let off = try BenchCommand.parse(["--json=false"], environment: ["DYNADETECT_JSON": "yes"])
        #expect(!off.isJSON)
    }

    @Test func `operands may stand among options, and behind two dashes be anything`() throws {
        let command = try DetectCommand.parse(
            ["a.jpg", "--conf", "0.5", "b.jpg", "--", "--c.jpg"], environment: [:])
        #expect(command.operandValues == ["a.jpg", "b.jpg", "--c.jpg"])
        #expect(command.configuration.confidence == 0.5)
    }

    @Test(arguments: [
        (1, 0, "out/boxes.jpg"), (3, 0, "out/boxes-1.jpg"), (3, 2, "out/boxes-3.jpg"),
    ])
    func `each of several pictures is drawn into a file of its own`(
        pictures: Int, index: Int, path: String
    ) throws {
        let names = (0..<pictures).map { "\($0).png" }
        let command = try DetectCommand.parse(
            ["--annotate", "out/boxes.jpg"] + names, environment: [:])
        #expect(command.annotatedPath(index) == path)
    }
}

struct PercentilesTests {
    @Test(arguments: [
        ([5.0], 5.0, 5.0, 5.0),
        ([2, 1], 1, 1.5, 2),
        ([3, 1, 2], 1, 2, 3),
        (Array(stride(from: 10.0, through: 1, by: -1)), 1, 5.5, 9),
        (Array(stride(from: 1.0, through: 20, by: 1)), 1, 10.5, 18),
        (Array(stride(from: 1.0, through: 11, by: 1)), 1, 6, 10),
    ])
    func `nine in ten do not exceed the p90`(
        samples: [Double], min: Double, median: Double, p90: Double
    ) {
        let percentiles = Percentiles(samples)
        #expect(percentiles.min == min)
        #expect(percentiles.median == median)
        #expect(percentiles.p90 == p90)
    }
}

struct BenchReportTests {
    static func report(picturesPerSecond: Double? = nil) -> BenchReport {
        BenchReport(
            model: "m", isa: "avx2", precision: "fp32", threads: 2, batch: 1, height: 64,
            width: 96, runs: 3, millisecondsPerImage: Percentiles([1.23456, 2, 3]), gflops: 45.678,
            picturesPerSecond: picturesPerSecond)
    }

    @Test func `the JSON has the keys that other programs read`() {
        #expect(
            Self.report().json == """
                {"model":"m","isa":"avx2","precision":"fp32","threads":2,"batch":1,"height":64,\
                "width":96,"runs":3,"ms_per_image":{"min":1.235,"median":2.0,"p90":3.0},\
                "gflops":45.68}

                """)
    }

    @Test func `a folder of pictures adds their rate`() {
        #expect(
            Self.report(picturesPerSecond: 12.345).json.hasSuffix(
                "\"gflops\":45.68,\"pictures_per_second\":12.35}\n"))
    }
}
