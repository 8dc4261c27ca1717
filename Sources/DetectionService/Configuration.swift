internal import Detection
internal import HTTPServer
internal import Imaging
internal import Inference

/// Everything the service can be told, and every limit on what a stranger may make longer.
///
/// Each value has its unit, its default and the reason for it in ``Configuration/options``: the one
/// list that the command line, the environment and the help are made of. The numbers below are
/// the defaults themselves.
struct Configuration: Sendable, Equatable {
    // The model, and how it is asked.

    /// Path of a `.pt` or `.safetensors`; nil for the built-in model.
    var model: String?
    /// How dynamic layers mix their experts; nil for what the file says.
    var routing: Detector.Overrides.RoutingKind?
    /// What the network computes in.
    var precision = Precision.Choice.fp32
    /// The longer side of the network's frame, in pixels; nil for what the file says.
    var imageSize: Int?
    /// Whether the frame is padded only to the stride, or to a square.
    var shape = Letterbox.Shape.rect
    /// Whether a JPEG is decoded no larger than the frame needs.
    var jpegScaling = JPEGScaling.exact
    /// 0 … 1; nil for what the model's file says; a request may ask for another.
    var confidence: Float?
    /// 0 … 1; nil for what the model's file says; a request may ask for another.
    var iou: Float?
    /// Detections a picture; a request may ask for another number.
    var detectionsMax = 300

    // Where it listens.

    /// An address of this machine.
    var host = "127.0.0.1"
    /// 0 lets the system choose.
    var port = 8080

    /// A file of keys; nil where anyone is served.
    var keysFile: String?
    /// A port for administrators; nil for none.
    var adminPort: Int?
    /// Where that port is.
    var adminHost = "127.0.0.1"
    /// Origins of web pages that may ask.
    var crossOrigins: [String] = []

    /// PEM files of certificate chains; none for plain HTTP.
    var tlsCertificates: [String] = []
    /// PEM files of their private keys, in the same order.
    var tlsKeys: [String] = []
    /// A PEM file of those who vouch for clients; nil where anyone may connect.
    var tlsClientAuthorities: String?

    // How it works.

    /// Threads that compute; nil for what the CPU quota gives (``CPUQuota``).
    var workers: Int?
    /// Pictures one worker takes at a time.
    var batchMax = 1
    /// Pictures admitted and not yet answered.
    var queueMax = 128
    /// Bytes of requests read and not yet answered; nil for what memory allows (``MemoryQuota``).
    var queueBytesMax: Int?
    /// Bytes of bodies on their way in; nil for what memory allows.
    var receivingBytesMax: Int?
    /// How long a picture may wait for a worker, unless its request says otherwise.
    var timeout = Duration.seconds(10)
    /// Seconds to serve on, once told to stop, before no client is taken any more.
    var graceSeconds = 0
    /// Seconds to answer what was accepted, once told to stop.
    var drainSeconds = 25
    /// The least that is logged.
    var logLevel = LogLevel.info
    /// How a line of the log is written.
    var logFormat = LogFormat.json

    // What a request may hold.

    /// Bytes of a request's body.
    var bodyBytesMax = 32 * 1024 * 1024
    /// Pixels of one picture; nil for what memory allows (``MemoryQuota``).
    var pixelsMax: Int?
    /// Pictures in one request.
    var picturesMax = 16

    /// What one connection may cost: header, times, and how many there may be.
    var limits = Limits()

    /// The defaults.
    init() {}

    /// Threads that compute: as told, or as the CPU quota gives.
    func workerCount(_ quota: CPUQuota) -> Int { workers ?? quota.threads }

    /// Threads that read what clients send: one for two cores, or, where they do TLS, one for each; at most four.
    ///
    /// They move bytes, and the cores are for the pictures. One that is woken finds more to do at once, for which all
    /// is in its cache: at five times too much load on two cores, a request took 24 µs of processor beside the workers
    /// with one, and 33 with two (twelve turns each). But a handshake computes for a millisecond: while 64 clients did nothing
    /// else, others waited 79 ms for an answer with one thread, and 8 ms with two (medians of five). More cores were not
    /// measured.
    func laneCount(_ quota: CPUQuota) -> Int {
        min(4, max(1, tlsCertificates.isEmpty ? quota.threads / 2 : quota.threads))
    }

    /// Pictures in one request: as told, but never more than half of the queue, which is everyone's.
    var picturesOfRequestMax: Int { min(picturesMax, max(1, queueMax / 2)) }

    /// Whether only this machine can reach the service.
    var isLocal: Bool {
        host == "::1" || host == "localhost" || host.hasPrefix("127.")
    }

    /// Bytes that may wait: as told, or as memory allows, but always enough for the largest request, in base64
    /// and decoded.
    func queueBytesMax(_ memory: MemoryQuota) -> Int {
        queueBytesMax ?? max(2 * bodyBytesMax, memory.queueBytesMax)
    }

    /// What connections may cost: their bodies as told, or as memory allows, but always one of the largest.
    func limits(_ memory: MemoryQuota) -> Limits {
        var limits = limits
        limits.bodiesBytesMax = receivingBytesMax ?? max(bodyBytesMax, memory.receivingBytesMax)
        // Behind a proxy all bodies are the proxy's. Else a quarter, but always one of the largest.
        limits.bodiesBytesPerClientMax =
            limits.connectionsPerClientMax == 0
            ? 0 : max(bodyBytesMax, limits.bodiesBytesMax / 4)
        return limits
    }

    /// What connections to the administrators' port may cost.
    ///
    /// Theirs alone, so that a health check gets through where clients have taken all of the others; and few, for only
    /// orchestrators, Prometheus and people ask there. None of its routes takes a body.
    var limitsOfAdministrators: Limits {
        var limits = limits
        limits.connectionsMax = 16
        limits.turnedAwayMax = 16
        limits.connectionsPerClientMax = 8
        limits.bodiesBytesMax = 0
        return limits
    }

    /// What is accepted of a picture: as told, or as memory allows.
    func imageLimits(_ memory: MemoryQuota, workers: Int) -> ImageLimits {
        ImageLimits(pixelsMax: pixelsMax ?? memory.pixelsMax(workers: workers))
    }

    /// What a request that says nothing else asks of the model.
    func detectionOptions(for model: ModelDescription) -> DetectionOptions {
        var options = model.defaults
        options.confidence = confidence ?? options.confidence
        options.iou = iou ?? options.iou
        options.detectionsMax = detectionsMax
        return options
    }
}

/// How grave a line of the log is; a log shows those of its level and above.
enum LogLevel: String, Sendable, CaseIterable, Comparable {
    case debug, info, warning, error

    /// `debug` is the lowest.
    static func < (one: LogLevel, other: LogLevel) -> Bool {
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
