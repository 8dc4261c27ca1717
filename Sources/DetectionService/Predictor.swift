internal import Detection
internal import Imaging
internal import Inference
internal import Locks

/// Bytes of a picture → detections: the one way that `/detect`, `dynadetect detect` and
/// `bench --pictures` share.
protocol Predictor: Sendable {
    /// What answers call the model.
    var model: ModelIdentity { get }

    /// What it computes in.
    var computation: Computation { get }

    /// Reads the header alone: whether the picture is taken, and the frame it will be put into.
    /// Cheap enough for a thread that serves sockets.
    func letterbox(for bytes: Span<UInt8>) throws(DecodeError) -> Letterbox

    /// Decodes the picture, runs the network, and puts the boxes back on the picture.
    ///
    /// - Parameters:
    ///   - bytes: the encoded picture.
    ///   - letterbox: what ``letterbox(for:)`` said of the same bytes.
    ///   - options: what the request asks of it.
    ///   - worker: whose session and seat to use; one call at a time for each.
    ///   - begins: called when the network is about to run: work begins that idle workers can share,
    ///     and it is the last moment to give the picture up, by throwing.
    /// - Returns: what was found, and how long it took.
    /// - Throws: ``PredictionError`` for a picture that cannot be decoded or a pass that cannot run.
    func predict(
        _ bytes: Span<UInt8>, letterbox: Letterbox, options: PredictionOptions, on worker: Int,
        begins: () throws(PredictionError) -> Void
    ) throws(PredictionError) -> Prediction

    /// Helps other workers until `isWanted` is false or there is nothing to help.
    func assist(as worker: Int, while isWanted: () -> Bool)

    /// Frames to warm up with: those that most pictures will meet.
    var warmUpSizes: [PixelSize] { get }

    /// Runs the network once on a black picture of `size`, so that the plan and the memory for it
    /// are there when the first real one comes.
    func warmUp(_ size: PixelSize, on worker: Int) throws(PredictionError)
}

/// The predictor that serves: a detector with a session for each worker.
///
/// Decoded pixels live only inside ``predict(_:letterbox:options:on:begins:)``, so there are never more
/// pictures in memory than workers.
final class NetworkPredictor: Predictor {
    let model: ModelIdentity
    private let detector: Detector
    private let imageSize: Int
    private let shape: Letterbox.Shape
    private let limits: ImageLimits
    private let jpegScaling: JPEGScaling
    /// The threads that share a pass; a model that replaces this one shares it with the same ones.
    let crew: Crew
    /// How many pictures are worked on at once.
    var workers: Int { seats.count }
    /// The instruction set it runs with, the precision, and why.
    var computation: Computation {
        Computation(isa: detector.network.isa.rawValue, precision: detector.precision)
    }
    private let seats: [Seat]

    /// One worker's session.
    ///
    /// The lock is never contended: a worker runs one picture at a time.
    private final class Seat: Sendable {
        let session: Guarded<Session>
        let lane: Crew.Lane
        init(_ detector: Detector, lane: Crew.Lane) {
            session = Guarded(detector.makeSession())
            self.lane = lane
        }
    }

    /// A predictor with a session for each worker.
    ///
    /// - Parameters:
    ///   - detector: the model.
    ///   - identity: what answers call the model; nil for what the file calls it.
    ///   - workers: how many pictures are worked on at once; workers are 0 ..< workers.
    ///   - imageSize: the frame's longer side in pixels; nil for what the model was trained at.
    ///   - shape: of the frame.
    ///   - limits: what a picture may be.
    ///   - jpegScaling: whether a JPEG is decoded no larger than the frame needs.
    ///   - crew: of the predictor that this one replaces; nil for a new one.
    init(
        _ detector: Detector, identity: ModelIdentity? = nil, workers: Int,
        imageSize: Int? = nil, shape: Letterbox.Shape, limits: ImageLimits,
        jpegScaling: JPEGScaling = .exact, crew: Crew? = nil
    ) {
        let crew = crew ?? Crew(size: workers)
        self.detector = detector
        self.imageSize = imageSize ?? detector.model.imageSize
        self.shape = shape
        self.limits = limits
        self.jpegScaling = jpegScaling
        self.crew = crew
        model = identity ?? ModelIdentity(description: detector.model)
        seats = (0..<workers).map { Seat(detector, lane: crew.lane($0)) }
    }

    /// How a picture is fitted, from its header alone; nothing is decoded.
    func letterbox(for bytes: Span<UInt8>) throws(DecodeError) -> Letterbox {
        letterbox(for: try ImageDecoder.probe(bytes, limits: limits).size)
    }

    private func letterbox(for size: PixelSize) -> Letterbox {
        Letterbox(
            source: size, imageSize: imageSize, stride: detector.model.stride,
            shape: shape)
    }

    /// Bytes of one picture → its detections, stage by stage.
    func predict(
        _ bytes: Span<UInt8>, letterbox: Letterbox, options: PredictionOptions, on worker: Int,
        begins: () throws(PredictionError) -> Void
    ) throws(PredictionError) -> Prediction {
        var stopwatch = Stopwatch()
        var timing = StageTiming()

        // Boxes are drawn on the whole picture.
        let isReduced = jpegScaling == .reduced && !options.isAnnotated
        let covering = isReduced ? letterbox.resized : nil
        var picture: Picture
        do {
            picture = try ImageDecoder.decode(bytes, limits: limits, covering: covering)
        } catch {
            throw .picture(error)
        }
        // Codecs read a header twice, here and in the probe; should they ever differ, the frame
        // would not fit the pixels.
        let source = letterbox.source
        guard picture.size == source || picture.size == covering.map(source.reduced) else {
            throw .picture(.corrupt("the header and the picture differ in size"))
        }
        timing.decode = stopwatch.lap()

        try begins()
        let (found, stages) = try detect(
            picture, in: letterbox, options: options.detection, on: worker)
        timing.preprocess = stages.load
        timing.inference = stages.inference
        _ = stopwatch.lap()

        let detections = detections(of: found, on: letterbox)
        var jpeg: [UInt8]?
        if options.isAnnotated {
            picture.draw(detections.map(Annotation.init))
            do { jpeg = try picture.jpeg(quality: 90) } catch { throw .annotation(error) }
        }
        timing.postprocess = stages.postprocess + stopwatch.lap()
        timing.total = stopwatch.sinceStart
        return Prediction(
            size: letterbox.source, detections: detections, timing: timing, annotatedJPEG: jpeg)
    }

    /// One pass on a picture in its letterbox, or on a frame that needs none.
    private func detect(
        _ picture: borrowing Picture, in letterbox: Letterbox?, options: DetectionOptions,
        on worker: Int
    ) throws(PredictionError) -> (found: [FoundBox], stages: StageTimes) {
        let size = letterbox?.target ?? picture.size
        let seat = seats[worker]
        var found: [FoundBox] = []
        var stages = StageTimes(load: .zero, inference: .zero, postprocess: .zero)
        do {
            try seat.session.withLock { (session) throws(GraphError) in
                try session.detect(
                    pictures: 1, height: size.height, width: size.width,
                    on: seat.lane, options: { _ in options },
                    load: { _, input in
                        guard let letterbox else { return input.fill(pixels: picture.pixels) }
                        letterbox.apply(to: picture) { input.fill(rows: $0, pixels: $1) }
                    },
                    finish: { _, boxes, times in
                        found = boxes
                        stages = times
                    })
            }
        } catch {
            throw .network(error.words)
        }
        return (found, stages)
    }

    /// Boxes of the frame on the picture, surest first; a box that is no number is none.
    private func detections(of found: [FoundBox], on letterbox: Letterbox) -> [Detection] {
        found.sorted { $0.confidence > $1.confidence }.compactMap { one in
            let box = letterbox.restore(Box(x1: one.x1, y1: one.y1, x2: one.x2, y2: one.y2))
            guard box.isFinite, one.confidence.isFinite else { return nil }
            return Detection(
                label: model.label(one.classID), classID: one.classID, confidence: one.confidence,
                box: box)
        }
    }

    /// Helps a pass that another worker leads, until `isWanted` is false.
    func assist(as worker: Int, while isWanted: () -> Bool) {
        crew.assist(as: worker, while: isWanted)
    }

    var warmUpSizes: [PixelSize] {
        // What cameras make (16:9 and 4:3, lying), and the square.
        let sources = [(1920, 1080), (1600, 1200), (1024, 1024)]
        var sizes: [PixelSize] = []
        for (width, height) in sources {
            let target = letterbox(for: PixelSize(width: width, height: height)).target
            if !sizes.contains(target) { sizes.append(target) }
        }
        return sizes
    }

    /// Runs an empty picture of that size, so that its plan and memory are there.
    func warmUp(_ size: PixelSize, on worker: Int) throws(PredictionError) {
        let black = Picture(size: size)
        _ = try detect(black, in: nil, options: DetectionOptions(), on: worker)
    }
}

extension Box {
    fileprivate var isFinite: Bool { x1.isFinite && y1.isFinite && x2.isFinite && y2.isFinite }
}

extension Annotation {
    fileprivate init(_ detection: Detection) {
        self.init(
            box: detection.box, label: detection.label, classID: detection.classID,
            confidence: detection.confidence)
    }
}
