import Detection
import Dispatch
import Imaging
import Inference
import Locks

@testable import DetectionService

/// Real decoding, and in place of the network a rule: one detection of each class, whose confidence
/// is the picture's first red value over 256, less for each class.
final class StandInPredictor: Predictor {
    let model: ModelIdentity
    let limits: ImageLimits
    /// Held at the beginning of each prediction, where a test wants the workers busy.
    let gate: Gate?
    let failure: PredictionError?
    let warmedUp = Guarded<[PixelSize]>([])

    static let classes = ["linear", "qr", "two, words"]

    init(
        limits: ImageLimits = ImageLimits(), gate: Gate? = nil, failure: PredictionError? = nil,
        version: String = "7"
    ) {
        self.limits = limits
        self.gate = gate
        self.failure = failure
        model = ModelIdentity(
            name: "stand-in", version: version,
            description: ModelDescription(
                name: "stand-in", names: Self.classes, stride: 32, imageSize: 64))
    }

    var computation: Computation { .standIn }

    func letterbox(for bytes: Span<UInt8>) throws(DecodeError) -> Letterbox {
        Letterbox(
            source: try ImageDecoder.probe(bytes, limits: limits).size, imageSize: 64, stride: 32,
            shape: .rect)
    }

    func predict(
        _ bytes: Span<UInt8>, letterbox: Letterbox, options: PredictionOptions, on worker: Int,
        begins: () throws(PredictionError) -> Void
    ) throws(PredictionError) -> Prediction {
        gate?.pass()
        if let failure { throw failure }
        var picture: Picture
        do { picture = try ImageDecoder.decode(bytes, limits: limits) } catch {
            throw .picture(error)
        }
        try begins()
        let red = Float(picture.pixels[0])
        let wanted = options.detection
        var detections: [DetectionService.Detection] = []
        for (id, label) in Self.classes.enumerated() where wanted.classes?.contains(id) ?? true {
            let confidence = (red - Float(id)) / 256
            guard confidence > wanted.confidence, detections.count < wanted.detectionsMax else {
                continue
            }
            let box = Box(x1: 0, y1: Float(id), x2: Float(picture.size.width), y2: 2.5)
            detections.append(
                DetectionService.Detection(
                    label: label, classID: id, confidence: confidence, box: box))
        }
        var jpeg: [UInt8]?
        if options.isAnnotated {
            do { jpeg = try picture.jpeg(quality: 90) } catch { throw .annotation(error) }
        }
        return Prediction(size: letterbox.source, detections: detections, annotatedJPEG: jpeg)
    }

    func assist(as worker: Int, while isWanted: () -> Bool) {}

    var warmUpSizes: [PixelSize] {
        [PixelSize(width: 64, height: 64), PixelSize(width: 64, height: 32)]
    }

    func warmUp(_ size: PixelSize, on worker: Int) throws(PredictionError) {
        if let failure { throw failure }
        warmedUp.withLock { $0.append(size) }
    }
}

extension Computation {
    /// None at all.
    static let standIn = Computation(
        isa: "none",
        precision: Precision.Decision(precision: .fp32, reason: "as asked", isSubstitute: false))
}

/// Lets workers through once it is opened, and says when one has come.
final class Gate: Sendable {
    private let opened = DispatchSemaphore(value: 0)
    private let arrivals: AsyncStream<Void>
    private let arrived: AsyncStream<Void>.Continuation

    init() {
        (arrivals, arrived) = AsyncStream.makeStream()
    }

    func pass() {
        arrived.yield()
        opened.wait()
        opened.signal()
    }

    func open() { opened.signal() }

    /// Of an open gate.
    func close() { opened.wait() }

    /// Waits until a worker stands before the gate; holds no thread meanwhile.
    func waitForWorker() async {
        for await _ in arrivals { return }
    }
}
