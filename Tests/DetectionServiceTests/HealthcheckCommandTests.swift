import Testing

@testable import DetectionService

struct HealthcheckCommandTests {
    private func run(_ arguments: String..., port: UInt16) -> (status: Int32, screen: Screen) {
        let screen = Screen()
        let status = Program.run(
            ["healthcheck"] + arguments, environment: ["DYNADETECT_PORT": "\(port)"],
            console: screen.console)
        return (status, screen)
    }

    @Test func `a server that takes pictures is healthy`() throws {
        let site = try Site(over: .loopback)
        let (status, screen) = run(port: try #require(site.port))
        #expect(status == 0)
        #expect(screen.output == "ready\n")
    }

    @Test func `one that warms up or drains is live, not healthy`() throws {
        let site = try Site(over: .loopback, isReady: false)
        let port = try #require(site.port)
        let (status, screen) = run(port: port)
        #expect(status == 1)
        #expect(screen.error == "dynadetect: http://127.0.0.1:\(port)/readyz answers 503\n")
        #expect(run("--live", port: port).status == 0)
        site.service.becomeReady()
        #expect(run(port: port).status == 0)
        site.service.leave()
        #expect(run(port: port).status == 1)
    }

    @Test func `where administrators have a port, it is asked there`() throws {
        let site = try Site(over: .loopback)
        let port = try #require(site.port)
        // Nobody listens at port 1; a certificate belongs to the other port.
        let (status, screen) = run(
            "--admin-port", "\(port)", "--tls-cert", "/no/such.pem", port: 1)
        #expect(status == 0)
        #expect(screen.output == "ready\n")
    }

    @Test func `a certificate to show that is not there is named`() throws {
        let site = try Site(over: .loopback)
        let (status, screen) = run(
            "--tls-cert", "a.pem", "--client-cert", "/no/such.pem", port: try #require(site.port))
        #expect(status == 1)
        #expect(screen.error.contains("the certificate '/no/such.pem': No such file or directory"))
    }

    @Test func `a key without its certificate is said to be one`() {
        let (status, screen) = run("--client-key", "camera.key", port: 1)
        #expect(status == 1)
        #expect(screen.error.contains("--client-cert"))
    }

    @Test func `where nobody listens is said in one line`() throws {
        var site: Site? = try Site(over: .loopback)
        let port = try #require(site?.port)
        site = nil
        // The port is given up by another thread, soon.
        var (status, screen) = run(port: port)
        let end = ContinuousClock.now + .seconds(10)
        while status == 0, ContinuousClock.now < end { (status, screen) = run(port: port) }
        #expect(status == 1)
        #expect(screen.error.hasPrefix("dynadetect: http://127.0.0.1:\(port)/readyz "))
        #expect(screen.error.split(separator: "\n").count == 1)
    }
}
