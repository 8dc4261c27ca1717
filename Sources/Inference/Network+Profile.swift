import CKernels

/// What a section is a part of.
struct SectionLabel: Sendable {
    let step: String
    let kind: SectionKind
    /// Blocks, height and width of the step's output.
    let output: (blocks: Int, height: Int, width: Int)
    /// Multiplications of a convolution, windows computed one by one; 0 of all else, and of a
    /// transform before it.
    let products: Int
    /// Of the step's convolution, where it could be computed in another way.
    let algorithmShape: AlgorithmShape?

    /// The search for the largest numbers of outputs, of which the first is given.
    init(searching output: Plan.Output) {
        step = "outputs"
        kind = .tops
        let planes = output.map.planes
        self.output = (Int(planes.blocks), Int(planes.height), Int(planes.width))
        products = 0
        algorithmShape = nil
    }

    init(_ step: Program.Step, _ kind: SectionKind, output: PlaneMap) {
        self.step = step.name
        self.kind = kind
        algorithmShape = step.algorithmShape
        let (height, width) = (Int(output.planes.height), Int(output.planes.width))
        self.output = (Int(output.planes.blocks), height, width)
        if kind.isConvolution && kind != .winogradInput,
            case .convolution(let packed, _, _, _) = step.work
        {
            products = packed.productsOfPixel * height * width
        } else {
            products = 0
        }
    }
}

/// How long one section of a pass takes.
package struct SectionTime: Sendable {
    /// The step of the graph that it is a part of.
    package let step: String
    /// What it does for that step.
    package let kind: SectionKind
    /// Blocks of 16 channels, height and width of the step's output.
    package let output: (blocks: Int, height: Int, width: Int)
    /// Multiplications of a convolution, counted as if no algorithm saved any; 0 of all else.
    package let products: Int
    /// The middle of the runs.
    package let duration: Duration
}

extension Network {
    /// The time of each section in passes over one picture, in their order.
    ///
    /// - Parameters:
    ///   - runs: passes that count, at least one; one more comes before them.
    ///   - height: rows of the picture.
    ///   - width: pixels in a row.
    ///   - workspace: memory, of one pass at a time.
    ///   - lane: whose thread this is.
    ///   - load: writes the picture.
    /// - Returns: a median a section.
    /// - Throws: ``GraphError/shape(reason:)``.
    package func profile(
        runs: Int, height: Int, width: Int, in workspace: Workspace, on lane: Crew.Lane,
        load: (inout InputPlanes) -> Void
    ) throws(GraphError) -> [SectionTime] {
        precondition(runs >= 1)
        let clock = ContinuousClock()
        var times: [[Duration]] = []
        var labels: [SectionLabel] = []
        try pass(height: height, width: width, in: workspace, on: lane) { plan, run in
            labels = plan.labels
            times = Array(repeating: [], count: labels.count)
            for number in 0...runs {
                run.load(load)
                for index in labels.indices {
                    let start = clock.now
                    run.section(index)
                    if number > 0 { times[index].append(start.duration(to: clock.now)) }
                }
            }
        }
        return zip(labels, times).map { label, times in
            SectionTime(
                step: label.step, kind: label.kind, output: label.output, products: label.products,
                duration: times.sorted()[times.count / 2])
        }
    }

    /// Floating-point operations a second that one core reaches with nothing but multiply-adds: the
    /// best of some milliseconds.
    package func measurePeak() -> Double {
        let kernels = Kernels(isa)
        let clock = ContinuousClock()
        var numbers: [Float] = [1, 0]
        var best = 0.0
        for _ in 0..<20 {
            var span = numbers.mutableSpan
            let start = clock.now
            let operations = kernels.peak(rounds: 50_000, on: &span)
            best = max(best, Double(operations) / (start.duration(to: clock.now) / .seconds(1)))
        }
        return best
    }
}
