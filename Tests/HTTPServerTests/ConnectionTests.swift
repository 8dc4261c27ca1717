import Glibc
import Testing

@testable import HTTPServer

struct ConnectionTests {
    /// A turn is what a worker may be kept for that answers another client of the lane.
    @Test func `who pipelines is answered a few at a time`() throws {
        let (socket, client) = try Self.pair()
        let connection = Connection(
            key: 1, client: .a, verdict: .serve, transport: .plain(socket),
            conversation: Conversation(limits: Limits(), at: .now))
        let service = Connection.Service(limits: Limits(), handler: StubHandler()) { _ in { _ in } }
        let requests = [UInt8].make(
            String(repeating: "GET /denied HTTP/1.1\r\nHost: a\r\n\r\n", count: 100))
        let none: [UInt8] = []
        let sent = client.send(requests.span, none.span)
        #expect(sent == .bytes(requests.count))
        var desk = Desk()
        var answers: [Int] = []
        while answers.count < 4 {
            let turn = connection.turn(service, &desk)
            var bytes: [UInt8] = []
            bytes.append(addingCapacity: 64 * 1024) { _ = client.receive(into: &$0) }
            let text = String(decoding: bytes, as: UTF8.self)
            answers.append(text.split(separator: "HTTP/1.1 404").count)
            #expect(turn == (answers.count < 4 ? .unfinished : .waiting))
        }
        #expect(answers == [32, 32, 32, 4])
    }

    private struct NoSocket: Error {}

    private static func pair() throws -> (Socket, Socket) {
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
        // The call fills both.
        let isDone = unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0
        guard isDone, let one = Descriptor(owning: ends[0]), let other = Descriptor(owning: ends[1])
        else { throw NoSocket() }
        return (Socket(one), Socket(other))
    }
}
