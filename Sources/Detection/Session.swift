package import Inference

/// One worker's detector: runs batches of equal shape.
///
/// What it needs is kept between batches. One batch at a time.
package final class Session {
    private let network: Network
    private let workspace: Workspace
    private let classes: Int
    private var decoder: HeadDecoder
    private var suppression = Suppression()
    private var candidates: [FoundBox] = []
    private let clock = ContinuousClock()

    init(of detector: Detector) {
        network = detector.network
        workspace = detector.network.makeWorkspace()
        classes = detector.head.classes
        decoder = HeadDecoder(detector.head)
    }

    /// Detects on letterboxed pictures.
    ///
    /// The pictures run one after another, and each is finished before the next begins: `load` writes
    /// picture `i` into the network's input, `options` says what is asked of it, `finish` takes what
    /// was found on it, best first.
    ///
    /// - Throws: when the network cannot take the shape.
    package func detect(
        pictures: Int, height: Int, width: Int, on lane: Crew.Lane,
        options: (_ i: Int) -> DetectionOptions,
        load: (_ i: Int, _ input: inout InputPlanes) -> Void,
        finish: (_ i: Int, _ found: [FoundBox], _ stages: StageTimes) -> Void
    ) throws(GraphError) {
        var start = clock.now
        var loaded = start
        try network.run(
            pictures: pictures, height: height, width: width, in: workspace, on: lane,
            load: { i, input in
                start = clock.now
                load(i, &input)
                loaded = clock.now
            },
            unload: { i, outputs in
                let inferred = clock.now
                let found = boxes(in: outputs, options: options(i))
                let stages = StageTimes(
                    load: start.duration(to: loaded), inference: loaded.duration(to: inferred),
                    postprocess: inferred.duration(to: clock.now))
                finish(i, found, stages)
            })
    }

    /// The raw head output: (N, 3, height, width) → (N, 4 + nc, A), cx cy w h in input pixels.
    ///
    /// - Throws: when the tensor is not of that shape or the network cannot take it.
    package func rawOutput(
        _ tensor: Span<Float>, pictures: Int, height: Int, width: Int, on lane: Crew.Lane
    ) throws(GraphError) -> (values: [Float], shape: [Int]) {
        let planes = [3, height, width]
        guard pictures > 0, let picture = planes.productIfPositive,
            picture.multipliedReportingOverflow(by: pictures) == (tensor.count, false)
        else {
            throw .shape(
                reason: "\(tensor.count) numbers are not (\(pictures), 3, \(height), \(width))")
        }
        let channels = 4 + classes
        var values: [Float] = []
        var anchors = 0
        try network.run(
            pictures: pictures, height: height, width: width, in: workspace, on: lane,
            load: { i, input in
                input.fill(tensor: tensor.extracting(i * picture..<(i + 1) * picture))
            },
            unload: { i, outputs in
                if values.isEmpty {
                    anchors = decoder.anchors(in: outputs)
                    values = [Float](repeating: 0, count: pictures * channels * anchors)
                }
                decoder.write(outputs, anchors: anchors, to: &values, at: i * channels * anchors)
            })
        return (values, [pictures, channels, anchors])
    }

    private func boxes(in outputs: borrowing Outputs, options: DetectionOptions) -> [FoundBox] {
        candidates.removeAll(keepingCapacity: true)
        decoder.appendCandidates(in: outputs, options: options, to: &candidates)
        return suppression.survivors(of: candidates, options: options)
    }
}

/// Time before, in and behind the network, for one picture.
package struct StageTimes: Sendable {
    /// The writing of its input.
    package var load: Duration
    /// From there to the network's last output.
    package var inference: Duration
    /// Decoding of the head, and NMS.
    package var postprocess: Duration
    /// The times of one picture.
    package init(load: Duration, inference: Duration, postprocess: Duration) {
        self.load = load
        self.inference = inference
        self.postprocess = postprocess
    }
}

extension [Int] {
    /// The product, unless an element is not positive or it does not fit an `Int`.
    fileprivate var productIfPositive: Int? {
        var product = 1
        for element in self {
            let (next, isOverflow) = product.multipliedReportingOverflow(by: element)
            guard element > 0, !isOverflow else { return nil }
            product = next
        }
        return product
    }
}
