import Dispatch
import Locks
import Testing

@testable import HTTPServer

/// Runs `body` with a server on a free port of the loopback, and ends the server behind it.
func serving(
    limits: Limits = Limits(), tls: TLSContext? = nil, laneCount: Int = 2,
    handler: any Handler = StubHandler(), _ body: (Server) async throws -> Void
) async throws {
    let server = try Server(
        host: "127.0.0.1", port: 0, tls: tls, limits: limits, laneCount: laneCount, handler: handler
    )
    server.start()
    do {
        try await body(server)
    } catch {
        _ = await Drain(server, grace: .zero).abandoned
        throw error
    }
    _ = await Drain(server, grace: .zero).abandoned
    #expect(server.connectionCount == 0)
}

/// A drain that has begun.
final class Drain: Sendable {
    private struct State: Sendable {
        var result: Int?
        var waiting: CheckedContinuation<Int, Never>?
    }

    private let state = Guarded(State())

    init(_ server: Server, grace: Duration = .seconds(10)) {
        server.drain(grace: grace) { [self] abandoned in
            let waiting = state.withLock { state in
                state.result = abandoned
                return state.waiting.take()
            }
            waiting?.resume(returning: abandoned)
        }
    }

    /// How many requests were abandoned, once it is over.
    var abandoned: Int {
        get async {
            await withCheckedContinuation { continuation in
                let result = state.withLock { state in
                    if state.result == nil { state.waiting = continuation }
                    return state.result
                }
                if let result { continuation.resume(returning: result) }
            }
        }
    }
}

/// Drains a server whose clients ask again and again: each of their requests must be answered.
func expectDrainAnswersAll(
    _ server: Server, asking request: String, overTLS: Bool = false
) async throws {
    let port = server.port
    async let rounds = onThreads(8) { _ in
        let client = try TestClient(port: port, tls: overTLS ? .make() : nil)
        var round = 1
        while true {
            client.send(request)
            let answer = client.answer()
            try #require(answer.status == 200, "request \(round) was lost: \(answer)")
            if answer.contains("Connection: close\r\n") { return round }
            round += 1
        }
    }
    try await eventually { server.connectionCount == 8 }
    #expect(await Drain(server).abandoned == 0)
    #expect(try await rounds.count == 8)
}

/// Runs blocking clients, each on a thread of its own: the few threads of tasks must stay free.
func onThreads<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) throws -> Value
) async throws -> [Value] {
    try await withThrowingTaskGroup(of: Value.self) { group in
        for number in 0..<count {
            group.addTask {
                try await withCheckedThrowingContinuation { continuation in
                    DispatchQueue(label: "client").async {
                        continuation.resume(with: Result { try body(number) })
                    }
                }
            }
        }
        return try await group.reduce(into: []) { $0.append($1) }
    }
}

/// Looks again and again, without sleeping, until it holds.
func eventually(_ holds: () -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(10)
    while !holds() {
        try #require(ContinuousClock.now < end, "it did not happen in ten seconds")
        await Task.yield()
    }
}
