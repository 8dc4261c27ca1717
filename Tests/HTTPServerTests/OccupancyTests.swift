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
            (0..<5).map { _ in occupancy.enter(.a) } == [
                .serve, .serve, .turnAway(isClients: false), .drop, .drop,
            ])
        #expect(occupancy.count == 3)
        // A place that becomes free is free, though somebody is still being turned away.
        occupancy.leave(.serve, of: .a)
        #expect(occupancy.enter(.a) == .serve)
        #expect(occupancy.enter(.a) == .drop)
        occupancy.leave(.turnAway(isClients: false), of: .a)
        #expect(occupancy.enter(.a) == .turnAway(isClients: false))
    }

    @Test func `a drain is over once, when nobody is left and nobody can come`() {
        let occupancy = Occupancy(limits: Limits())
        let calls = Guarded<[Int]>([])
        _ = occupancy.enter(.a)
        _ = occupancy.enter(.a)
        occupancy.whenEmpty { abandoned in calls.withLock { $0.append(abandoned) } }
        occupancy.leave(.serve, of: .a, isAbandoned: true)
        occupancy.leave(.serve, of: .a)
        #expect(calls.withLock { $0 } == [])
        occupancy.closeToNew()
        #expect(calls.withLock { $0 } == [1])
        occupancy.closeToNew()
        #expect(calls.withLock { $0 } == [1])
    }

    @Test func `a client has its share, and no more`() {
        let occupancy = Occupancy(
            limits: .make {
                $0.connectionsMax = 4
                $0.connectionsPerClientMax = 2
            })
        #expect(occupancy.enter(.a) == .serve)
        #expect(occupancy.enter(.a) == .serve)
        #expect(occupancy.enter(.a) == .turnAway(isClients: true))
        #expect(occupancy.enter(.b) == .serve)
        occupancy.leave(.turnAway(isClients: true), of: .a)
        #expect(occupancy.enter(.a) == .turnAway(isClients: true))
        occupancy.leave(.serve, of: .a)
        #expect(occupancy.enter(.a) == .serve)
        #expect(occupancy.enter(.b) == .serve)
        // All are in use: that is not this client's doing.
        #expect(occupancy.enter(.c) == .turnAway(isClients: false))
    }

    @Test func `behind a proxy no client's share is counted`() {
        let occupancy = Occupancy(
            limits: .make {
                $0.connectionsMax = 3
                $0.connectionsPerClientMax = 0
            })
        #expect((0..<3).map { _ in occupancy.enter(.a) } == [.serve, .serve, .serve])
    }

    @Test func `addresses count as one where one client has them all`() {
        let four = ClientAddress([192, 0, 2, 1])
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 192, 0, 2, 1]
        #expect(ClientAddress(mapped) == four)
        #expect(ClientAddress([192, 0, 2, 2]) != four)
        let network: [UInt8] = [0x20, 1, 0x0D, 0xB8, 0, 1, 0, 2]
        let one = ClientAddress(network + [0, 0, 0, 0, 0, 0, 0, 1])
        #expect(ClientAddress(network + [9, 9, 9, 9, 9, 9, 9, 9]) == one)
        #expect(ClientAddress(network.dropLast() + [3, 0, 0, 0, 0, 0, 0, 0, 1]) != one)
        #expect(ClientAddress([UInt8](repeating: 0, count: 15) + [1]) != ClientAddress.a)
    }
}

extension ClientAddress {
    static let a = ClientAddress([10, 0, 0, 1])
    static let b = ClientAddress([10, 0, 0, 2])
    static let c = ClientAddress([10, 0, 0, 3])
}
