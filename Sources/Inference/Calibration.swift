/// The range of each value of a network over some pictures: what int8 needs to choose its scales.
///
/// The network runs in fp32 with every value kept, picture after picture, and the smallest and largest
/// number of each is noted. Nothing is clipped: the halo of a class's rare strong answer is what makes
/// it win.
package final class Calibration {
    private let network: Network
    private let workspace: Workspace
    private let graph: Graph
    private var low: [Float]
    private var high: [Float]
    /// Pictures seen.
    package private(set) var pictures = 0

    /// - Throws: what ``Network`` throws.
    package init(of graph: Graph, isa: ISA = .best) throws(GraphError) {
        self.graph = graph
        var whole = graph
        whole.setOutputs(graph.values)
        network = try Network(whole, isa: isa)
        workspace = network.makeWorkspace()
        low = Array(repeating: .infinity, count: graph.channels.count)
        high = Array(repeating: -.infinity, count: graph.channels.count)
    }

    /// Notes what a picture makes of each value.
    ///
    /// - Throws: ``GraphError/shape(reason:)``.
    package func observe(
        height: Int, width: Int, on lane: Crew.Lane, load: (inout InputPlanes) -> Void
    ) throws(GraphError) {
        try network.run(
            pictures: 1, height: height, width: width, in: workspace, on: lane,
            load: { _, input in load(&input) },
            unload: { _, outputs in
                for value in low.indices { note(value, of: outputs) }
            })
        pictures += 1
    }

    private func note(_ value: Int, of outputs: borrowing Outputs) {
        let (channels, height, width) = outputs.shape(value)
        let lanes = ChannelLayout.blockChannels
        var (least, most) = (low[value], high[value])
        for first in stride(from: 0, to: channels, by: lanes) {
            let used = min(lanes, channels - first)
            for y in 0..<height {
                let row = outputs.row(value, block: first / lanes, y: y)
                for x in 0..<width {
                    for lane in 0..<used {
                        let number = row[x * lanes + lane]
                        least = min(least, number)
                        most = max(most, number)
                    }
                }
            }
        }
        (low[value], high[value]) = (least, most)
    }

    /// The range of each value, by the name that ``Graph/valueNames`` gives it.
    ///
    /// A value that never was a finite number has no range to be trusted: 0...0.
    package var ranges: [ClosedRange<Float>] {
        zip(low, high).map { low, high in
            low.isFinite && high.isFinite && low <= high ? low...high : 0...0
        }
    }
}

extension Graph {
    /// All that are made, the input first.
    package var values: [Value] { [input] + steps.flatMap(\.outputs) }

    /// A name for each value, by which a file may speak of it: its step's, and which of several
    /// outputs it is.
    package var valueNames: [String] {
        ["input"]
            + steps.flatMap { step in
                step.outputs.indices.map {
                    step.outputs.count == 1 ? step.name : "\(step.name):\($0)"
                }
            }
    }
}
