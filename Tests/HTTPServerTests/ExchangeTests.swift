import Synchronization
import Testing

@testable import HTTPServer

struct ExchangeTests {
    /// An exchange that notes the status of its answer, 0 before.
    static func make(_ status: Noted) -> Exchange {
        Exchange(head: .make(), body: [], receivedAt: .now) {
            status.value.store($0.status, ordering: .relaxed)
        }
    }

    final class Noted: Sendable {
        let value = Atomic(0)
        var status: Int { value.load(ordering: .relaxed) }
    }

    @Test func `an answer goes its way`() {
        let noted = Noted()
        let exchange = Self.make(noted)
        #expect(noted.status == 0)
        exchange.respond(Response(status: 201))
        #expect(noted.status == 201)
    }

    @Test func `a second answer is a bug`() async {
        await #expect(processExitsWith: .failure) {
            let exchange = Exchange(head: .make(), body: [], receivedAt: .now) { _ in }
            exchange.respond(Response(status: 200))
            exchange.respond(Response(status: 200))
        }
    }

    @Test(arguments: [(true, 0), (false, 500)])
    func `one let go unanswered becomes a 500, unless the client has gone`(
        isAbandoned: Bool, status: Int
    ) {
        let noted = Noted()
        var exchange: Exchange? = Self.make(noted)
        if isAbandoned { exchange?.abandon() }
        #expect(exchange?.isAbandoned == isAbandoned)
        exchange = nil
        #expect(noted.status == status)
    }
}
