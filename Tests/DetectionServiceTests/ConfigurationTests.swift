import Detection
import HTTPServer
import Imaging
import Testing

@testable import DetectionService

struct ConfigurationTests {
    static func configuration(
        _ arguments: String..., environment: [String: String] = [:]
    ) throws -> Configuration {
        try ServeCommand.parse(arguments, environment: environment).configuration
    }

    @Test func `nothing said is the defaults`() throws {
        #expect(try Self.configuration() == Configuration())
    }

    @Test func `thresholds are what was told, else what the model's file says`() throws {
        var defaults = DetectionOptions()
        defaults.confidence = 0.4
        defaults.iou = 0.5
        defaults.isAgnostic = true
        let model = ModelDescription(
            name: "m", names: ["a"], stride: 32, imageSize: 64, defaults: defaults)
        #expect(try Self.configuration().detectionOptions(for: model) == defaults)
        let told = try Self.configuration("--conf", "0.25", "--iou", "0.7")
        defaults.confidence = 0.25
        defaults.iou = 0.7
        #expect(told.detectionOptions(for: model) == defaults)
    }

    @Test func `each option sets its own value`() throws {
        let set = try Self.configuration(
            "--model", "m.pt", "--host", "0.0.0.0", "--port", "0", "--workers", "3",
            "--max-batch", "4", "--queue", "9", "--shape", "square", "--conf", "0.5", "--iou", "1",
            "--max-det", "7", "--imgsz", "320", "--routing", "softmax", "--log", "debug",
            "--max-body-bytes", "2048", "--max-pixels", "99", "--max-pictures", "2",
            "--drain-seconds", "0", "--idle-seconds", "5", "--jpeg-scaling", "reduced")
        var expected = Configuration()
        expected.model = "m.pt"
        expected.host = "0.0.0.0"
        expected.port = 0
        expected.workers = 3
        expected.batchMax = 4
        expected.queueMax = 9
        expected.shape = .square
        expected.confidence = 0.5
        expected.iou = 1
        expected.detectionsMax = 7
        expected.imageSize = 320
        expected.routing = .softmax
        expected.logLevel = .debug
        expected.bodyBytesMax = 2048
        expected.pixelsMax = 99
        expected.picturesMax = 2
        expected.drainSeconds = 0
        expected.limits.idleTime = .seconds(5)
        expected.jpegScaling = .reduced
        #expect(set == expected)
    }

    /// Every option of every command is told from every other, and stands in the help.
    @Test func `names are unique and in the help`() {
        func check<C: Command>(_ type: C.Type) {
            let names = C.options.map(\.name)
            #expect(Set(names).count == names.count)
            for option in C.options {
                #expect(C.help.contains("  --\(option.name)"))
                #expect(!option.help.isEmpty)
            }
            for line in C.help.split(separator: "\n") { #expect(line.count <= 100) }
        }
        check(ServeCommand.self)
        check(DetectCommand.self)
        check(RunCommand.self)
        check(BenchCommand.self)
        check(InspectCommand.self)
        check(ConvertCommand.self)
    }

    @Test func `each limit of the service has a default and its reason`() {
        for option in Configuration.options {
            #expect(option.standard != nil, "\(option.name)")
            #expect(option.reason != nil || option.name == "model", "\(option.name)")
        }
    }

    @Test func `bounds over all clients are set`() throws {
        let set = try Self.configuration(
            "--max-client-connections", "0", "--max-connection-requests", "7",
            "--receiving-bytes", "5000")
        #expect(set.limits.connectionsPerClientMax == 0)
        #expect(set.limits.requestsPerConnectionMax == 7)
        let memory = MemoryQuota(files: SystemFiles { _ in nil })
        #expect(set.limits(memory).bodiesBytesMax == 5000)
    }

    @Test(arguments: [
        // (memory, waiting, on the way in) in MiB; bodies are 32 at most
        (16_384, 256, 256), (1024, 256, 128), (512, 128, 64), (256, 64, 32), (64, 64, 32),
    ])
    func `what may wait and what may come in follow the memory`(
        memory: Int, waiting: Int, receiving: Int
    ) throws {
        let files = SystemFiles { $0 == "/proc/meminfo" ? "MemTotal: \(memory << 10) kB\n" : nil }
        let quota = MemoryQuota(files: files)
        let standard = try Self.configuration()
        #expect(standard.queueBytesMax(quota) == waiting << 20)
        #expect(standard.limits(quota).bodiesBytesMax == receiving << 20)
        let told = try Self.configuration("--queue-bytes", "99999999", "--receiving-bytes", "7777")
        #expect(told.queueBytesMax(quota) == 99_999_999)
        #expect(told.limits(quota).bodiesBytesMax == 7777)
    }

    @Test(arguments: [
        // (all bodies on their way in, of one client) in MiB
        (256, 64), (80, 32), (16, 32),
    ])
    func `a client's bodies have a quarter of all, or room for one`(all: Int, share: Int) throws {
        let memory = MemoryQuota(files: SystemFiles { _ in nil })
        let set = try Self.configuration("--receiving-bytes", "\(all << 20)")
        #expect(set.limits(memory).bodiesBytesPerClientMax == share << 20)
        let proxied = try Self.configuration("--max-client-connections", "0")
        #expect(proxied.limits(memory).bodiesBytesPerClientMax == 0)
    }

    @Test func `certificates and keys go in pairs`() throws {
        let set = try Self.configuration(
            "--tls-cert", "a.pem,b.pem", "--tls-key=a.key,b.key", "--tls-client-ca", "c.pem")
        #expect(set.tlsCertificates == ["a.pem", "b.pem"])
        #expect(set.tlsKeys == ["a.key", "b.key"])
        #expect(set.tlsClientAuthorities == "c.pem")
    }

    @Test(arguments: [
        (
            ["--tls-cert", "a,b", "--tls-key", "a"],
            "--tls-cert names 2 files and --tls-key 1; each certificate has its key"
        ),
        (["--tls-client-ca", "a"], "--tls-client-ca needs --tls-cert and --tls-key"),
        (["--tls-key", "a,"], "--tls-key takes files with commas between them, not 'a,'"),
    ])
    func `half of TLS is refused`(arguments: [String], message: String) {
        #expect(throws: UsageError(message)) {
            try ServeCommand.parse(arguments, environment: [:])
        }
    }

    @Test func `the environment sets what the flag does not`() throws {
        let environment = ["DYNADETECT_PORT": "81", "DYNADETECT_MAX_BATCH": "5"]
        let set = try Self.configuration("--port", "82", environment: environment)
        #expect(set.port == 82)
        #expect(set.batchMax == 5)
    }

    @Test func `an empty variable is none, and a stranger's is ignored`() throws {
        let environment = ["DYNADETECT_PORT": "", "DYNADETECT_SERVICE_HOST": "10.0.0.1"]
        #expect(try Self.configuration(environment: environment) == Configuration())
    }

    @Test(arguments: [
        (["--port", "65536"], "--port takes a whole number from 0 to 65535, not '65536'"),
        (["--port=-1"], "--port takes a whole number from 0 to 65535, not '-1'"),
        (["--port", "-1"], "--port takes a whole number from 0 to 65535, not '-1'"),
        (["--port", "80x"], "--port takes a whole number from 0 to 65535, not '80x'"),
        (["--port", ""], "--port takes a whole number from 0 to 65535, not ''"),
        (["--port"], "--port needs a value: --port N"),
        (["--port", "--host"], "--port needs a value: --port N"),
        (["--conf", "nan"], "--conf takes a number from 0.0 to 1.0, not 'nan'"),
        (["--conf", "1.1"], "--conf takes a number from 0.0 to 1.0, not '1.1'"),
        (["--shape", "round"], "--shape takes rect or square, not 'round'"),
        (["--model", ""], "--model takes a FILE, not nothing, not ''"),
        (["--prot", "80"], "unknown option '--prot'; see dynadetect serve --help"),
        (["-p", "80"], "unknown option '-p'; see dynadetect serve --help"),
        (["--max_batch", "8"], "unknown option '--max_batch'; see dynadetect serve --help"),
        (["picture.jpg"], "unexpected argument 'picture.jpg'; see dynadetect serve --help"),
    ])
    func `what does not fit is refused in a line`(arguments: [String], message: String) {
        #expect(throws: UsageError(message)) {
            try ServeCommand.parse(arguments, environment: [:])
        }
    }

    @Test func `a bad variable is named as it was said`() {
        let message =
            "DYNADETECT_PORT takes a whole number from 0 to 65535, not 'tcp://10.0.0.1:80'"
        #expect(throws: UsageError(message)) {
            try Self.configuration(environment: ["DYNADETECT_PORT": "tcp://10.0.0.1:80"])
        }
    }

    @Test(arguments: [(1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 2, 4), (8, 4, 4), (64, 4, 4)])
    func `sockets have one thread for two cores that may be used, or for each under TLS`(
        cores: Int, plain: Int, secured: Int
    ) throws {
        let files = SystemFiles.unified(["/sys/fs/cgroup/cpu.max": "\(cores)00000 100000"])
        let quota = CPUQuota(files: files, affinity: 128)
        #expect(try Self.configuration().laneCount(quota) == plain)
        let https = try Self.configuration("--tls-cert", "c.pem", "--tls-key", "k.pem")
        #expect(https.laneCount(quota) == secured)
    }

    @Test func `workers and pixels follow the machine unless told`() throws {
        let files = SystemFiles.unified([
            "/sys/fs/cgroup/cpu.max": "300000 100000", "/sys/fs/cgroup/memory.max": "24000000",
        ])
        let quota = CPUQuota(files: files, affinity: 8)
        let memory = MemoryQuota(files: files)
        let free = try Self.configuration()
        #expect(free.workerCount(quota) == 3)
        #expect(free.imageLimits(memory, workers: 1).pixelsMax == 1_000_000)
        let told = try Self.configuration("--workers", "7", "--max-pixels", "5")
        #expect(told.workerCount(quota) == 7)
        #expect(told.imageLimits(memory, workers: 7).pixelsMax == 5)
    }

    @Test func `levels of the log are in order`() {
        #expect(LogLevel.allCases == LogLevel.allCases.sorted())
    }
}
