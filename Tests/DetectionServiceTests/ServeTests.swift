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
        #expect(line.hasPrefix("memory   at most 198 MiB"))
    }
}
