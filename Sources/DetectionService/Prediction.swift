internal import Detection
internal import Imaging

/// What was found on one picture, and how long each stage took.
struct Prediction: Sendable, Equatable {
    /// Of the upright picture; boxes are in its pixels.
    var size: PixelSize
    /// By falling confidence.
    var detections: [Detection]
    var timing: StageTiming
    /// Pictures the worker took together with this one, itself included.
    var batchSize: Int
    /// The picture with its boxes drawn, as JPEG, where it was asked for.
    var annotatedJPEG: [UInt8]?

    init(
        size: PixelSize, detections: [Detection], timing: StageTiming = StageTiming(),
        batchSize: Int = 1, annotatedJPEG: [UInt8]? = nil
    ) {
        self.size = size
        self.detections = detections
        self.timing = timing
        self.batchSize = batchSize
        self.annotatedJPEG = annotatedJPEG
    }
}

/// A found thing: what it is, how sure the model is, and where it lies on the picture.
struct Detection: Sendable, Equatable {
    let label: String
    let classID: Int
    /// 0 … 1.
    let confidence: Float
    /// Corners in pixels of the upright picture, clipped to it.
    let box: Box

    init(label: String, classID: Int, confidence: Float, box: Box) {
        self.label = label
        self.classID = classID
        self.confidence = confidence
        self.box = box
    }
}

/// The time each stage of a picture's way took.
struct StageTiming: Sendable, Equatable {
    /// From the ticket to a free worker.
    var queue: Duration = .zero
    /// Bytes to upright pixels.
    var decode: Duration = .zero
    /// Pixels to the network's frame.
    var preprocess: Duration = .zero
    /// The network.
    var inference: Duration = .zero
    /// Head output to boxes on the picture (and the drawing, where it was asked for).
    var postprocess: Duration = .zero
    /// From the ticket to the answer.
    var total: Duration = .zero

    init() {}
}

/// What a request asks of a picture.
struct PredictionOptions: Sendable, Equatable {
    var detection: DetectionOptions
    /// Whether to draw the boxes on the picture (``Prediction/annotatedJPEG``).
    var isAnnotated: Bool

    init(detection: DetectionOptions = DetectionOptions(), isAnnotated: Bool = false) {
        self.detection = detection
        self.isAnnotated = isAnnotated
    }
}

/// Why a picture got no prediction.
enum PredictionError: Error, Equatable {
    /// The bytes are no picture we take.
    case picture(DecodeError)
    /// The network could not run: our bug, or no memory.
    case network(String)
    /// The boxes could not be drawn.
    case annotation(EncodeError)
    /// It was dropped before the network.
    case cancelled(Cancellation)
}
