import Locks
import Testing

@testable import HTTPServer

/// Echoes bodies; keeps requests to `/hold` until they are released.
final class StubHandler: Handler {
    private struct State: Sendable {
        var answered = 0
        var held: [Exchange] = []
        var waiting: [(count: Int, CheckedContinuation<[Exchange], Never>)] = []

        mutating func takeReady() -> [([Exchange], CheckedContinuation<[Exchange], Never>)] {
            let ready = waiting.filter { held.count >= $0.count }
            waiting.removeAll { held.count >= $0.count }
            return ready.map { (held, $0.1) }
        }
    }

    private let state = Guarded(State())
    private let bodyBytesMax: Int

    init(bodyBytesMax: Int = 1 << 20) { self.bodyBytesMax = bodyBytesMax }

    func admit(_ head: RequestHead) -> Admission {
        head.path == "/denied"
            ? .answer(Response(status: 404, body: .make("denied")))
            : .accept(bodyBytesMax: bodyBytesMax)
    }

    /// Requests that came whole.
    var answered: Int { state.withLock { $0.answered } }

    func handle(_ exchange: Exchange) {
        state.withLock { $0.answered += 1 }
        switch exchange.head.path {
        case "/hold":
            let ready = state.withLock { state in
                state.held.append(exchange)
                return state.takeReady()
            }
            for (held, continuation) in ready { continuation.resume(returning: held) }
        case "/forget": break
        case "/none": exchange.respond(Response(status: 204, body: .make("nothing")))
        case "/large": exchange.respond(Response(status: 200, body: Self.large))
        default:
            exchange.respond(
                Response(
                    status: 200,
                    fields: ["X-Path": exchange.head.path, "X-Method": exchange.head.method],
                    body: exchange.body))
        }
    }

    func response(to refusal: Refusal, head: RequestHead?) -> Response {
        Response(status: refusal.status, body: .make(refusal.code))
    }

    /// More than socket buffers hold.
    static let large = [UInt8](repeating: 0x78, count: 16 << 20)

    /// The held requests, once there are so many.
    func held(_ count: Int) async -> [Exchange] {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state in
                state.waiting.append((count, continuation))
                return state.takeReady()
            }
            for (held, continuation) in ready { continuation.resume(returning: held) }
        }
    }
}
