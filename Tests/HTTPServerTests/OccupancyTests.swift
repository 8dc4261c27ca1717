import Locks
import Testing

@testable import HTTPServer

struct OccupancyTests {
    @Test func `those above the limit are turned away, and those above that are dropped`() {
        let occupancy = Occupancy(
            limits: .make {
                $0.connectionsMax = 2
                $0.turnedAwayMax = 1
            })
        #expect(
            (0..<5).map { _ in occupancy.enter() } == [.serve, .serve, .turnAway, .drop, .drop])
        #expect(occupancy.count == 3)
        // A place that becomes free is free, though somebody is still being turned away.
        occupancy.leave(.serve)
        #expect(occupancy.enter() == .serve)
        #expect(occupancy.enter() == .drop)
        occupancy.leave(.turnAway)
        #expect(occupancy.enter() == .turnAway)
    }

    @Test func `a drain is over once, when nobody is left and nobody can come`() {
        let occupancy = Occupancy(limits: Limits())
        let calls = Guarded<[Int]>([])
        _ = occupancy.enter()
        _ = occupancy.enter()
        occupancy.whenEmpty { abandoned in calls.withLock { $0.append(abandoned) } }
        occupancy.leave(.serve, isAbandoned: true)
        occupancy.leave(.serve)
        #expect(calls.withLock { $0 } == [])
        occupancy.closeToNew()
        #expect(calls.withLock { $0 } == [1])
        occupancy.closeToNew()
        #expect(calls.withLock { $0 } == [1])
    }
}
