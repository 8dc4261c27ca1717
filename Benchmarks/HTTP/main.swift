import Glibc
import HTTPServer

/// Answers everything at once with a few bytes, so that what a request costs is the server's own.
struct Stub: Handler {
    private let answer = Response(
        status: 200, fields: ["Content-Type": "application/json"],
        body: Array(#"{"status":"ok"}"#.utf8))

    func admit(_ head: RequestHead) -> Admission { .accept(bodyBytesMax: 64 << 20) }
    func handle(_ exchange: Exchange) { exchange.respond(answer) }
    func response(to refusal: Refusal, head: RequestHead?) -> Response {
        Response(status: refusal.status)
    }
}

var limits = Limits()
limits.requestsPerConnectionMax = .max
let server = try Server(host: "127.0.0.1", port: 0, limits: limits, handler: Stub())
server.start()
print(server.port)
fflush(nil)
while true { pause() }
