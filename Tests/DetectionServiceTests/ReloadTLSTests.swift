import HTTPServer
import Testing

@testable import DetectionService

struct ReloadTLSTests {
    @Test func `certificates that cannot be read are not taken, and the log says why`() throws {
        let lines = Lines()
        let log = ServiceLog(level: .info) { lines.add($0) }
        var configuration = Configuration()
        let server = try Server(host: "127.0.0.1", port: 0, handler: Silent())
        // Plain HTTP stays what it is, without a word.
        configuration.reloadTLS(of: server, log)
        log.flush()
        #expect(lines.all == [])

        configuration.tlsCertificates = ["/no/such.pem"]
        configuration.tlsKeys = ["/no/such.key"]
        configuration.reloadTLS(of: server, log)
        log.flush()
        #expect(lines.all.count == 1)
        #expect(lines.all.first?.contains("certificates_kept") == true)
        #expect(lines.all.first?.contains("/no/such.pem") == true)
    }
}

private struct Silent: Handler {
    func admit(_ head: RequestHead) -> Admission { .accept(bodyBytesMax: 0) }
    func handle(_ exchange: Exchange) {}
    func response(to refusal: Refusal, head: RequestHead?) -> Response {
        Response(status: refusal.status)
    }
}
