import Testing

@testable import Batching

struct CrowdingTests {
    @Test func `a lone client's jobs are shared, however many it sends`() {
        var crowding = Crowding(workers: 2)
        for _ in 0..<1000 { crowding.found(0) }
        #expect(crowding.allowsSharing)
    }

    @Test func `jobs that meet each other are not shared, and a single hiccup changes nothing`() {
        var crowding = Crowding(workers: 2)
        crowding.found(1)
        crowding.found(1)
        #expect(crowding.allowsSharing)
        for _ in 0..<6 { crowding.found(1) }
        #expect(!crowding.allowsSharing)
    }

    /// A queue of hundreds is forgotten as soon as one of two.
    @Test(arguments: [2, 500])
    func `behind a rush jobs are soon shared again`(length: Int) {
        var crowding = Crowding(workers: 2)
        for _ in 0..<1000 { crowding.found(length) }
        #expect(!crowding.allowsSharing)
        for _ in 0..<11 { crowding.found(0) }
        #expect(crowding.allowsSharing)
    }

    @Test func `many workers share beside a few jobs`() {
        var crowding = Crowding(workers: 16)
        for _ in 0..<1000 { crowding.found(3) }
        #expect(crowding.allowsSharing)
        for _ in 0..<1000 { crowding.found(8) }
        #expect(!crowding.allowsSharing)
    }
}
