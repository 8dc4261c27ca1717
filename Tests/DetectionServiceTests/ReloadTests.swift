import HTTPServer
import Locks
import Testing

@testable import DetectionService

@Suite(.serialized) struct ReloadTests {
    private func version(_ site: Site) async throws -> String {
        let reply: ReplyShape = try await site.send(.picture(try Pictures.jpeg())).json()
        return reply.model.version
    }

    private static let reload = TestRequest(method: "POST", path: "/models/reload")

    @Test(arguments: Transport.allCases)
    func `a reload answers when the new model serves`(transport: Transport) async throws {
        let site = try Site(over: transport)
        #expect(try await version(site) == "7")
        let response = try await site.send(Self.reload)
        #expect(response.status == 200)
        #expect(
            response.text
                == #"{"status":"reloaded","model":{"name":"stand-in","version":"8"}}"#)
        #expect(try await version(site) == "8")
        #expect(site.metrics.reloads.count == 1)
    }

    @Test func `a request that came before is answered by the model it came to, whole`()
        async throws
    {
        let gate = Gate()
        let site = try Site(StandInPredictor(gate: gate), over: .inProcess, workers: 2)
        let jpeg = try Pictures.jpeg()
        async let before = site.send(.form([("image", "a", jpeg), ("image", "b", jpeg)]))
        await gate.waitForWorker()
        await gate.waitForWorker()
        async let reloaded = site.send(Self.reload)
        while site.queue.depth.waiting == 0 { await Task.yield() }
        gate.open()
        #expect(try await reloaded.status == 200)
        let reply: RepliesShape = try await before.json()
        #expect(reply.model.version == "7")
        #expect(try await version(site) == "8")
    }

    @Test func `a bad file leaves the old model serving, and says why in the answer and the log`()
        async throws
    {
        let site = try Site(
            over: .inProcess,
            nextModel: { () throws(CommandFailure) in throw CommandFailure("it is\ndamaged") })
        let response = try await site.send(Self.reload)
        #expect(response.status == 422)
        #expect(response.code == "unusable_model")
        #expect(response.detail == "The old model still serves: it is?damaged")
        #expect(try await version(site) == "7")
        site.flushLog()
        #expect(
            site.log.all.contains { $0.contains(#""event":"model_kept","detail":"it is\ndam"#) })
        #expect(site.metrics.failedReloads.count == 1)
    }

    @Test func `a model that does not run leaves the old one serving`() async throws {
        let site = try Site(
            over: .inProcess, nextModel: { StandInPredictor(failure: .network("no memory")) })
        let response = try await site.send(Self.reload)
        #expect(response.code == "unusable_model")
        #expect(response.detail.hasSuffix("could not be run through the network: no memory"))
        #expect(try await version(site) == "7")
    }

    @Test func `one reload at a time, and the next one after it`() async throws {
        let gate = Gate()
        let site = try Site(
            over: .inProcess,
            nextModel: {
                gate.pass()
                return StandInPredictor(version: "8")
            })
        async let first = site.send(Self.reload)
        await gate.waitForWorker()
        let second = try await site.send(Self.reload)
        #expect(second.status == 409)
        #expect(second.code == "reload_in_progress")
        gate.open()
        #expect(try await first.status == 200)
        #expect(try await site.send(Self.reload).status == 200)
    }

    @Test func `no model is loaded before the first one is ready, nor at the end`() async throws {
        let site = try Site(over: .inProcess, isReady: false)
        #expect(try await site.send(Self.reload).code == "not_ready")
        site.service.becomeReady()
        site.service.leave()
        #expect(try await site.send(Self.reload).code == "draining")
    }
}
