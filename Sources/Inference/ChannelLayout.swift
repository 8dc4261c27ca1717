/// In which block and lane each channel of a value lies.
///
/// Blocks hold 16 channels. Where the channels are cut (a split or concat at a count that is no
/// multiple of 16), a fresh block begins, so that each part is whole blocks.
struct ChannelLayout: Sendable, Equatable {
    /// Channels in each block; the lanes behind them hold nothing of use.
    let used: [UInt8]
    /// Floats a pixel: 16, or 4 for the network's input.
    let lanes: Int

    static let blockChannels = 16

    /// So many channels in order, a fresh block at each cut.
    init(channels: Int, cuts: some Sequence<Int> = []) {
        var used: [UInt8] = []
        var start = 0
        for end in cuts.sorted() + [channels] {
            while start < end {
                let count = min(Self.blockChannels, end - start)
                used.append(UInt8(count))
                start += count
            }
        }
        self.used = used
        lanes = Self.blockChannels
    }

    /// The network's input: one block of 4 floats a pixel.
    init(pictureChannels: Int) {
        precondition(pictureChannels <= Self.pictureChannelsMax)
        used = [UInt8(pictureChannels)]
        lanes = Self.pictureChannelsMax
    }

    /// Pictures of more channels lie in blocks like any value.
    static let pictureChannelsMax = 4

    var blocks: Int { used.count }
    var channels: Int { used.reduce(0) { $0 + Int($1) } }

    /// Whether channel c lies in block c / 16, lane c % 16.
    var isDense: Bool { used.dropLast().allSatisfy { $0 == Self.blockChannels } }

    /// Runs of channels that share a block: where each begins as a channel and as a lane counted
    /// through all blocks, and its length.
    var runs: [(channel: Int, lane: Int, count: Int)] {
        var channel = 0
        return used.enumerated().map { block, count in
            defer { channel += Int(count) }
            return (channel, block * lanes, Int(count))
        }
    }

    /// The lane of each channel, counted through all blocks.
    var laneOfChannel: [Int] {
        runs.flatMap { run in (0..<run.count).map { run.lane + $0 } }
    }

    /// Blocks before channel `channel`, at which a block begins.
    func blocks(before channel: Int) -> Int {
        guard let block = runs.firstIndex(where: { $0.channel >= channel }) else { return blocks }
        return block
    }
}
