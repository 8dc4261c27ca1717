import Detection
import Glibc
import HTTPServer
import Testing

@testable import DetectionService

struct ServeTests {
    @Test func `a model's words cannot write on the terminal`() {
        // A version of "\u{1B}[2J" in a file cleared the screen of whoever served it.
        let model = ModelIdentity(
            name: "m\n", version: "\u{1B}[2J",
            description: ModelDescription(name: "m", names: [], stride: 32, imageSize: 64))
        #expect(Serve.line(model, classes: 3) == "model    m?, version ?[2J, 3 classes")
    }

    /// Runs `serve` on a port that is taken, and ends with its status.
    @Test func `a port that is taken ends the program with status 1 and one line`() async throws {
        let result = await #expect(
            processExitsWith: .exitCode(1), observing: [\.standardErrorContent]
        ) {
            struct Silent: Handler {
                func admit(_ head: RequestHead) -> Admission { .accept(bodyBytesMax: 0) }
                func handle(_ exchange: Exchange) {}
                func response(to refusal: Refusal, head: RequestHead?) -> Response {
                    Response(status: refusal.status)
                }
            }
            let holder = try Server(host: "127.0.0.1", port: 0, handler: Silent())
            exit(
                withExtendedLifetime(holder) {
                    Program.run(["serve", "--port", "\(holder.port)"], environment: [:])
                })
        }
        let words = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        let lines = words.split(separator: "\n").filter { $0.contains("dynadetect:") }
        #expect(lines.count == 1)
        #expect(lines.first?.contains("cannot listen on 127.0.0.1:") == true)
    }

    @Test func `a bad certificate ends the program with status 1 and one line`() async throws {
        let result = await #expect(
            processExitsWith: .exitCode(1), observing: [\.standardErrorContent]
        ) {
            let arguments = ["--port", "0", "--tls-cert", "/no/such.pem", "--tls-key", "/no.key"]
            exit(Program.run(["serve"] + arguments, environment: [:]))
        }
        let words = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        let lines = words.split(separator: "\n").filter { $0.contains("dynadetect:") }
        #expect(
            lines == [
                "dynadetect: cannot serve HTTPS: the certificate '/no/such.pem':"
                    + " No such file or directory"
            ])
    }

    @Test func `the memory that clients can take follows the settings`() {
        let memory = MemoryQuota(files: SystemFiles { _ in "MemTotal: 16777216 kB\n" })
        var configuration = Configuration()
        #expect(
            Serve.memoryLine(configuration, memory, workers: 2)
                == "memory   at most 392 MiB for connections and what they send,"
                + " 256 MiB for what waits, 2288 MiB for pictures being decoded\n")
        configuration.limits.connectionsMax = 100
        configuration.receivingBytesMax = 64 << 20
        configuration.queueBytesMax = 70 << 20
        configuration.pixelsMax = 1_000_000
        configuration.tlsCertificates = ["a"]
        #expect(
            Serve.memoryLine(configuration, memory, workers: 1)
                == "memory   at most 99 MiB for connections and what they send,"
                + " 70 MiB for what waits, 11 MiB for pictures being decoded\n")
        configuration.adminPort = 0
        let line = Serve.memoryLine(configuration, memory, workers: 1)
        #expect(line.hasPrefix("memory   at most 103 MiB"))
    }

    /// Every connection of the public port was taken by clients that said nothing: whoever asked there for health was turned
    /// away, and an orchestrator that did would have killed every replica.
    @Test func `health is answered to administrators where clients have taken every connection`()
        async throws
    {
        let site = try Site(over: .inProcess, access: Access(hasAdministratorsDoor: true))
        var configuration = Configuration()
        configuration.port = 0
        configuration.adminPort = 0
        configuration.limits.connectionsMax = 3
        let ports = try Serve.listen(configuration, site.service)
        ports.start(configuration, console: Screen().console)
        let administrators = try #require(ports.administrators)
        let crowd = (0..<3).map { _ in HeldConnection(to: ports.main.port) }
        while ports.main.connectionCount < crowd.count { await Task.yield() }

        let refused = try await TestRequest.get("/healthz").send(to: ports.main.port)
        #expect(refused.status == 503)
        #expect(refused.code == "too_many_connections")
        for path in ["/healthz", "/readyz", "/metrics"] {
            let answer = try await TestRequest.get(path).send(to: administrators.port)
            #expect(answer.status == 200, "\(path)")
        }
        #expect(
            Program.run(
                ["healthcheck", "--admin-port", "\(administrators.port)"],
                environment: ["DYNADETECT_PORT": "\(ports.main.port)"], console: Screen().console)
                == 0)
        withExtendedLifetime(crowd) {}
        #expect(Serve.drain(ports.main, grace: .zero) == 0)
        #expect(Serve.drain(administrators, grace: .zero) == 0)
    }

    @Test(arguments: [
        // Of the descriptors, 64 are for other things, 64 for who is turned away, 32 for administrators.
        (1_048_576, 1024), (1184, 1024), (1183, 1023), (1024, 864), (100, 1),
    ])
    func `clients never take the descriptors of the administrators' port`(
        descriptors: Int, connections: Int
    ) {
        let quota = DescriptorQuota(descriptorsMax: descriptors)
        let screen = Screen()
        var told = Configuration()
        #expect(Serve.fitted(told, quota, console: screen.console) == told)
        told.adminPort = 0
        let fitted = Serve.fitted(told, quota, console: screen.console)
        #expect(fitted.limits.connectionsMax == connections)
        let words =
            "clients  \(connections) connections at most, for the process may open no more than"
            + " \(descriptors) files\n"
        #expect(screen.output == (connections < 1024 ? words : ""))
    }

    @Test func `a process takes all the descriptors that it has a right to`() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 100, rlim_max: 200)
            let descriptors = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
            // Reads the structure; fills it.
            #expect(unsafe setrlimit(descriptors, &limit) == 0)
            #expect(DescriptorQuota.raise() == DescriptorQuota(descriptorsMax: 200))
            unsafe getrlimit(descriptors, &limit)
            #expect(limit.rlim_cur == 200)
        }
    }
}
