import Testing

@testable import Inference

struct ChannelLayoutTests {
    @Test(
        arguments: [
            (48, [], [16, 16, 16]), (20, [], [16, 4]), (48, [24], [16, 8, 16, 8]),
            (40, [8], [8, 16, 16]), (5, [1, 2, 3, 4], [1, 1, 1, 1, 1]), (32, [16], [16, 16]),
        ] as [(Int, [Int], [UInt8])])
    func `a fresh block begins at each cut`(channels: Int, cuts: [Int], used: [UInt8]) {
        let layout = ChannelLayout(channels: channels, cuts: cuts)
        #expect(layout.used == used)
        #expect(layout.channels == channels)
    }

    @Test func `each channel has a lane of its own`() {
        let layout = ChannelLayout(channels: 20, cuts: [3])
        #expect(layout.laneOfChannel == [0, 1, 2] + (16..<32) + [32])
        #expect(!layout.isDense)
        #expect(ChannelLayout(channels: 20).isDense)
    }
}
