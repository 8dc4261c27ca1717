import Testing

@testable import Batching

struct ServiceTimesTests {
    /// Kinds are their own sizes.
    private func make() -> ServiceTimes<Int> { ServiceTimes { $0 } }

    @Test func `nothing is expected of what was never measured`() {
        #expect(make().estimate(7) == .zero)
        #expect(make().estimateOfAny == .zero)
    }

    @Test func `an average follows what is measured`() {
        var times = make()
        times.learn(1, took: .milliseconds(100))
        #expect(times.estimate(1) == .milliseconds(100))
        times.learn(1, took: .milliseconds(180))
        #expect(times.estimate(1) == .milliseconds(110))
        for _ in 0..<100 { times.learn(1, took: .milliseconds(20)) }
        #expect(abs(times.estimate(1).inSeconds - 0.02) < 1e-6)
    }

    @Test func `a kind of its own has its own average, a new one is judged by its size`() {
        var times = make()
        times.learn(100, took: .seconds(1))
        times.learn(100, took: .seconds(1))
        #expect(abs(times.estimate(300).inSeconds - 3) < 1e-9)
        times.learn(300, took: .seconds(2))
        #expect(times.estimate(300) == .seconds(2))
        #expect(times.estimate(100) == .seconds(1))
    }

    @Test func `ever new kinds cost no ever new memory, and are judged by their size`() {
        var times = make()
        for kind in 1...10_000 { times.learn(kind, took: .milliseconds(kind)) }
        #expect(abs(times.estimate(5_000).inSeconds - 5) < 0.001)
    }
}
