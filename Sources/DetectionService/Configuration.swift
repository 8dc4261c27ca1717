package import Detection
package import HTTPServer
package import Imaging
package import Inference

/// Everything the service can be told, and every limit on what a stranger may make longer.
///
/// Each value has its unit, its default and the reason for it in ``Configuration/options``: the one
/// list that the command line, the environment and the help are made of. The numbers below are
/// the defaults themselves.
package struct Configuration: Sendable, Equatable {
    // The model, and how it is asked.

    /// Path of a `.pt` or `.safetensors`; nil for the built-in model.
    package var model: String?
    /// How dynamic layers mix their experts; nil for what the file says.
    package var routing: Detector.Overrides.RoutingKind?
    /// What the network computes in.
    package var precision = Precision.Choice.fp32
    /// The longer side of the network's frame, in pixels; nil for what the file says.
    package var imageSize: Int?
    /// Whether the frame is padded only to the stride, or to a square.
    package var shape = Letterbox.Shape.rect
    /// 0 … 1; a request may ask for another.
    package var confidence: Float = 0.25
    /// 0 … 1; a request may ask for another.
    package var iou: Float = 0.7
    /// Detections a picture; a request may ask for another number.
    package var detectionsMax = 300

    // Where it listens.

    /// An address of this machine.
    package var host = "127.0.0.1"
    /// 0 lets the system choose.
    package var port = 8080

    // How it works.

    /// Threads that compute; nil for what the CPU quota gives (``CPUQuota``).
    package var workers: Int?
    /// Pictures one worker takes at a time.
    package var batchMax = 8
    /// Pictures admitted and not yet answered.
    package var queueMax = 128
    /// Seconds to answer what was accepted, once told to stop.
    package var drainSeconds = 25
    /// The least that is logged.
    package var logLevel = LogLevel.info

    // What a request may hold.

    /// Bytes of a request's body.
    package var bodyBytesMax = 32 * 1024 * 1024
    /// Pixels of one picture; nil for what memory allows (``MemoryQuota``).
    package var pixelsMax: Int?
    /// Pictures in one request.
    package var picturesMax = 16

    /// What one connection may cost: header, times, and how many there may be.
    package var limits = Limits()

    /// The defaults.
    package init() {}

    /// Threads that compute: as told, or as the CPU quota gives.
    package func workerCount(_ quota: CPUQuota) -> Int { workers ?? quota.threads }

    /// What is accepted of a picture: as told, or as memory allows.
    package func imageLimits(_ memory: MemoryQuota, workers: Int) -> ImageLimits {
        ImageLimits(pixelsMax: pixelsMax ?? memory.pixelsMax(workers: workers))
    }

    /// What a request that says nothing else asks for.
    package var detectionOptions: DetectionOptions {
        var options = DetectionOptions()
        options.confidence = confidence
        options.iou = iou
        options.detectionsMax = detectionsMax
        return options
    }
}

/// How grave a line of the log is; a log shows those of its level and above.
package enum LogLevel: String, Sendable, CaseIterable, Comparable {
    case debug, info, warning, error

    /// `debug` is the lowest.
    package static func < (one: LogLevel, other: LogLevel) -> Bool {
        one.rank < other.rank
    }

    private var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }
}
