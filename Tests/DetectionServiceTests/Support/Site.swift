import HTTPServer
import Imaging
import Locks

@testable import DetectionService

/// How a test's requests reach the service.
enum Transport: CaseIterable {
    case inProcess, loopback
}

/// A whole service with a predictor of the test's, ready unless told otherwise.
final class Site: Sendable {
    let service: Service
    let queue: PictureQueue
    let metrics = Metrics()
    let log = Lines()
    private let serviceLog: ServiceLog
    private let server: Server?

    static let bodyBytesMax = 100_000

    init(
        _ predictor: any Predictor = StandInPredictor(), over transport: Transport,
        workers: Int = 2, queueMax: Int = 64, queueBytesMax: Int = .max,
        timeout: Duration = .seconds(10),
        isReady: Bool = true, access: Access = Access(), crossOrigin: CrossOrigin = CrossOrigin(),
        nextModel: @escaping @Sendable () throws(CommandFailure) -> any Predictor = {
            StandInPredictor(version: "8")
        }
    ) throws {
        queue = PictureQueue(
            predictor: predictor, workers: workers, batchMax: 4, picturesMax: queueMax,
            bytesMax: queueBytesMax, metrics: metrics)
        serviceLog = ServiceLog(level: .debug) { [log] in log.add($0) }
        service = Service(
            queue: queue,
            settings: Service.Settings(
                bodyBytesMax: Self.bodyBytesMax, picturesMax: 4, timeout: timeout,
                access: access, crossOrigin: crossOrigin,
                about: Service.Settings.About(shape: "rect", workers: workers, cpus: 2.5)),
            metrics: metrics, log: serviceLog,
            reloader: ModelReloader(queue, metrics: metrics, log: serviceLog, load: nextModel))
        server =
            transport == .loopback
            ? try Server(host: "127.0.0.1", port: 0, laneCount: 2, handler: service) : nil
        server?.start()
        service.countConnections { [weak server] in server?.connectionCount ?? 0 }
        if isReady { service.becomeReady() }
    }

    deinit {
        server?.drain(grace: .zero) { _ in }
        queue.drain {}
    }

    /// Where it listens, over the loopback.
    var port: UInt16? { server?.port }

    func flushLog() { serviceLog.flush() }

    func send(_ request: TestRequest) async throws -> TestResponse {
        if let server { return try await request.send(to: server.port) }
        return await request.answer(from: service)
    }
}

/// Lines of a log, in their order.
final class Lines: Sendable {
    private let lines = Guarded<[String]>([])
    func add(_ text: String) {
        lines.withLock { $0 += text.split(separator: "\n").map(String.init) }
    }
    var all: [String] { lines.withLock { $0 } }
}

extension TestRequest {
    /// What a server does, without one.
    func answer(from handler: any Handler) async -> TestResponse {
        await withCheckedContinuation { send(to: handler, $0) }
    }

    fileprivate func send(
        to service: any Handler, _ continuation: CheckedContinuation<TestResponse, Never>
    ) {
        let answer: @Sendable (Response) -> Void = { continuation.resume(returning: .init($0)) }
        switch service.admit(head) {
        case .answer(let response): answer(response)
        case .accept(let bodyBytesMax):
            guard body.count <= bodyBytesMax else {
                let refusal = Refusal(status: 413, code: "body_too_large", detail: "Too large.")
                return answer(service.response(to: refusal, head: head))
            }
            service.handle(
                Exchange(head: head, body: body, receivedAt: .now, respond: answer))
        }
    }
}
