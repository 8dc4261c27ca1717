internal import Detection
internal import HTTPServer
internal import Imaging
internal import Inference

extension Configuration {
    /// Every setting of the service: name, unit, default, reason.
    static var options: [CommandOption<Configuration>] {
        modelOptions + detectionOptions + serviceOptions + tlsOptions + accessOptions
            + requestLimits
            + connectionLimits
    }

    /// Which model, and how its file is read.
    static var modelOptions: [CommandOption<Configuration>] {
        [
            .open(
                "model", \.model, .text("FILE"),
                "checkpoint (.pt or .safetensors)",
                standard: "the built-in model"),
            routingOption,
            .value(
                "precision", \.precision, .choice(),
                "what the network computes in; auto: the fastest that the CPU has and the model is"
                    + " calibrated for", default: standard,
                because: "bf16 and int8 are faster and find boxes a little differently"),
        ]
    }

    /// How pictures are put to the model, and what counts as found.
    static var detectionOptions: [CommandOption<Configuration>] {
        [
            .open(
                "imgsz", \.imageSize, .whole(32...8192, "PIXELS"),
                "longer side of the network's input",
                standard: "what the file says", because: "it was trained at that size"),
            shapeOption,
            jpegScalingOption,
            .open(
                "conf", \.confidence, .number(0...1), "confidence a detection must exceed",
                standard: "what the file says, or 0.25",
                because: "it was chosen for the model; 0.25 is the reference's"),
            .open(
                "iou", \.iou, .number(0...1), "overlap above which the weaker box is dropped",
                standard: "what the file says, or 0.7",
                because: "it was chosen for the model; 0.7 is the reference's"),
            .value(
                "max-det", \.detectionsMax, .whole(1...DetectionOptions.detectionsLimit),
                "detections a picture, at most",
                default: standard, because: "as in the reference"),
        ]
    }

    private static var serviceOptions: [CommandOption<Configuration>] {
        [
            .value(
                "host", \.host, .text("ADDRESS"), "address to listen on", default: standard,
                because: "reachable from this machine alone until you say otherwise"),
            .value(
                "port", \.port, .whole(0...65_535), "port to listen on; 0 lets the system choose",
                default: standard, because: "needs no special right"),
            workersOption,
            .value(
                "max-batch", \.batchMax, .whole(1...1024), "pictures a worker takes at a time",
                default: standard,
                because:
                    "pictures run one after another; what one worker holds, another cannot begin"),
            .value(
                "queue", \.queueMax, .whole(1...65_536),
                "pictures admitted and not yet answered; beyond it, 503", default: standard,
                because: "a few seconds of work; who waits longer is better told at once"),
            queueBytesOption,
            .value(
                "timeout", \.timeout, .seconds(1...3600),
                "time a picture may wait for a worker; 503 at once when it would wait longer, 504 when"
                    + " it did; a request may ask for another (X-Request-Timeout)",
                default: standard, because: "few clients wait longer"),
            .value(
                "grace", \.graceSeconds, .whole(0...3600, "SECONDS"),
                "time to serve on after SIGTERM, not ready any more, before connections close",
                default: standard,
                because: "a balancer needs a few to see it; without one, it is time lost"),
            .value(
                "drain-seconds", \.drainSeconds, .whole(0...3600, "SECONDS"),
                "time to answer what was accepted, after SIGTERM and the grace", default: standard,
                because: "orchestrators kill after 30"),
            .value(
                "log", \.logLevel, .choice(), "how much is logged", default: standard,
                because: "a line a request, and what went wrong"),
            .value(
                "log-format", \.logFormat, .choice(), "how a line of the log is written",
                default: standard, because: "logs are mostly read by machines"),
        ]
    }

    private static var requestLimits: [CommandOption<Configuration>] {
        [
            .value(
                "max-body-bytes", \.bodyBytesMax, .whole(1024...1_073_741_824, "BYTES"),
                "body of a request; beyond it, 413", default: standard,
                because: "a 24-megapixel JPEG in base64 fits"),
            pixelsOption,
            .value(
                "max-pictures", \.picturesMax, .whole(1...1024),
                "pictures in one request; never more than half of the queue",
                default: standard, because: "one request should not fill the queue"),
        ]
    }

    private static var connectionLimits: [CommandOption<Configuration>] {
        [
            .value(
                "max-connections", \.limits.connectionsMax, .whole(1...65_536),
                "open connections", default: standard,
                because: "each holds a descriptor; the usual limit on those is 1024 or more"),
            .value(
                "max-client-connections", \.limits.connectionsPerClientMax, .whole(0...65_536),
                "open connections from one address; beyond it, 429; 0 behind a proxy",
                default: standard, because: "one client cannot shut out the others"),
            .value(
                "max-connection-requests", \.limits.requestsPerConnectionMax,
                .whole(1...1_000_000_000), "requests on a connection before it closes",
                default: standard, because: "clients spread anew over the servers of a balancer"),
            receivingBytesOption,
            .value(
                "max-header-bytes", \.limits.headerBytesMax, .whole(1024...1_048_576, "BYTES"),
                "head of a request; beyond it, 431", default: standard,
                because: "browsers and proxies stay below it"),
            .value(
                "header-seconds", \.limits.headerTime, .seconds(1...3600),
                "time to send a request's head", default: standard,
                because: "a slow sender holds a connection"),
            .value(
                "body-seconds", \.limits.bodyTime, .seconds(1...3600),
                "time to send a request's body", default: standard,
                because: "the largest body in a minute is a slow mobile line"),
            .value(
                "body-rate", \.limits.bodyRateMin, .whole(0...1_073_741_824, "BYTES"),
                "bytes a second that a body must bring, behind its first 10 seconds; 0 for any",
                default: standard,
                because: "who drips bytes holds a connection; an EDGE line brings 16 KiB"),
            .value(
                "idle-seconds", \.limits.idleTime, .seconds(1...3600),
                "time a connection may be silent between requests", default: standard,
                because: "as proxies keep theirs"),
            .value(
                "write-seconds", \.limits.writeTime, .seconds(1...3600),
                "time to take an answer", default: standard,
                because: "answers are small; who takes longer is gone"),
        ]
    }

    /// Sigmoid or softmax.
    static var routingOption: CommandOption<Configuration> {
        .open(
            "routing", \.routing, .choice(),
            "how dynamic layers mix their experts",
            standard: "what the file says",
            because: "a checkpoint of a fork may not say it rightly")
    }

    /// Rect or square.
    static var shapeOption: CommandOption<Configuration> {
        .value(
            "shape", \.shape, .choice(),
            "network input as wide and high as the picture needs, or always square",
            default: standard, because: "rect saves 40% of the work on 16:9 pictures")
    }

    /// Exact or reduced.
    static var jpegScalingOption: CommandOption<Configuration> {
        .value(
            "jpeg-scaling", \.jpegScaling, .choice(),
            "JPEGs decoded whole, or at 1/2, 1/4 or 1/8 where the network's input needs no more",
            default: standard,
            because: "reduced is faster on large photographs and finds boxes a little differently")
    }

    /// How many compute.
    static var workersOption: CommandOption<Configuration> {
        .open(
            "workers", \.workers, .whole(1...1024), "threads that compute",
            standard: "the CPU quota",
            because: "more would only take turns, or be throttled")
    }

    /// How much may wait.
    static var queueBytesOption: CommandOption<Configuration> {
        .open(
            "queue-bytes", \.queueBytesMax, .whole(1024...1_099_511_627_776, "BYTES"),
            "requests read and not yet answered, together; beyond it, 503",
            standard: "a quarter of the memory, but 268435456 at most and two of the largest bodies"
                + " at least",
            because: "128 pictures of 2 MB, where there is room for them")
    }

    /// How much may be on its way in.
    static var receivingBytesOption: CommandOption<Configuration> {
        .open(
            "receiving-bytes", \.receivingBytesMax, .whole(1024...1_099_511_627_776, "BYTES"),
            "bodies on their way in, together; beyond it, 503",
            standard: "an eighth of the memory, but 268435456 at most and one of the largest bodies"
                + " at least",
            because: "a thousand photographs, where there is room for them")
    }

    /// How large a picture may be.
    static var pixelsOption: CommandOption<Configuration> {
        .open(
            "max-pixels", \.pixelsMax, .whole(1...1_000_000_000, "PIXELS"),
            "width times height of a picture, checked before it is decoded",
            standard: "100000000, less where memory is small",
            because: "a decoded pixel takes up to 12 bytes for each worker")
    }

    private static var standard: Configuration { Configuration() }
}
