internal import Detection
internal import Dispatch
internal import HTTPServer
internal import Imaging
internal import Inference
internal import Locks

/// The life of the service: start → warm up → ready → (signal) → drain → end.
enum Serve {
    /// Serves until SIGTERM or SIGINT; SIGHUP reads keys, certificates and the model anew.
    ///
    /// Returns when every request that was accepted has been answered. A second signal ends the
    /// process at once.
    ///
    /// - Throws: what keeps it from starting (the model, the address), or that it could not
    ///   answer everything in time.
    static func run(
        _ told: Configuration, console: Console = .standard
    ) throws(CommandFailure) {
        let signals = ProcessSignals.hold()  // before anything else, for one may come at any time
        Allocator.shareArena()
        let trimming = Allocator.trimRegularly()
        defer { trimming.cancel() }
        let configuration = fitted(told, .raise(), console: console)
        let keys = try configuration.makeKeyRing()
        let predictor = try makePredictor(configuration, console: console)
        let metrics = Metrics()
        let log = ServiceLog(
            level: configuration.logLevel, format: configuration.logFormat, write: console.error)
        let queue = PictureQueue(
            predictor: predictor, workers: predictor.workers, batchMax: configuration.batchMax,
            picturesMax: configuration.queueMax, bytesMax: configuration.queueBytesMax(.live),
            metrics: metrics)
        let reloader = ModelReloader(queue, metrics: metrics, log: log) {
            [crew = predictor.crew] () throws(CommandFailure) in
            NetworkPredictor(
                try ModelFile.open(configuration), configuration, workers: crew.size,
                memory: .live, crew: crew)
        }
        let service = Service(
            queue: queue, settings: settings(configuration, keys, workers: predictor.workers),
            metrics: metrics, log: log, reloader: reloader)
        let ports = try listen(configuration, service)
        service.countConnections { [weak server = ports.main] in server?.connectionCount ?? 0 }
        console.output(memoryLine(configuration, .live, workers: predictor.workers))
        ports.start(configuration, console: console)

        let stop = StopReason()
        signals.watch(
            reload: { [weak server = ports.main] in
                keys?.reload(log)
                if let server { configuration.reloadTLS(of: server, log) }
                reloader.reload()
            }, stop: { stop.give(nil) })
        queue.warmUp { error in
            if let error {
                stop.give(CommandFailure("the model does not run: it \(error.words)"))
            } else {
                service.becomeReady()
                console.output("ready\n")
            }
        }
        let failure = stop.wait()

        service.leave()
        if failure == nil { serveOn(for: configuration.graceSeconds, log) }
        let abandoned = drain(
            ports.main, grace: .seconds(failure == nil ? configuration.drainSeconds : 0))
        // Whose client still waits has been answered; what is left is work for nobody.
        queue.drain {}
        if let administrators = ports.administrators {
            _ = drain(administrators, grace: .seconds(1))
        }
        log.flush()
        if let failure { throw failure }
        guard abandoned == 0 else {
            throw CommandFailure(
                "\(abandoned) requests were not answered within \(configuration.drainSeconds) s")
        }
    }

    /// Lets whoever sends clients here see that they should go elsewhere.
    private static func serveOn(for seconds: Int, _ log: ServiceLog) {
        log.note(.info) { line in
            line.add("event", "stopping")
            line.add("grace_seconds", seconds)
        }
        // Nobody signals: it is the time that passes.
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .seconds(seconds))
    }

    /// What was told, with no more connections than there are descriptors for; it is said where that is less.
    static func fitted(
        _ told: Configuration, _ quota: DescriptorQuota, console: Console
    ) -> Configuration {
        var configuration = told
        configuration.fit(quota)
        let connections = configuration.limits.connectionsMax
        if connections < told.limits.connectionsMax {
            console.output(
                "clients  \(connections) connections at most, for the process may open no more than"
                    + " \(quota.descriptorsMax) files\n")
        }
        return configuration
    }

    /// Loads the model and says what will serve.
    private static func makePredictor(
        _ configuration: Configuration, console: Console
    ) throws(CommandFailure) -> NetworkPredictor {
        let model = try ModelFile.open(configuration)
        let quota = CPUQuota.live
        let workers = configuration.workerCount(quota)
        let source = configuration.workers == nil ? quota.explanation : "as told"
        let decision = model.detector.precision
        console.output(
            """
            \(line(model.identity, classes: model.detector.model.names.count))
            workers  \(workers) (\(source))
            isa      \(model.detector.network.isa.rawValue)
            computes \(decision.precision.rawValue) (\(decision.reason))

            """)
        return NetworkPredictor(model, configuration, workers: workers, memory: .live)
    }

    /// What clients can make the server hold, beside the model.
    static func memoryLine(
        _ configuration: Configuration, _ memory: MemoryQuota, workers: Int
    ) -> String {
        var wire = configuration.limits(memory).memoryBytesMax(
            isSecured: !configuration.tlsCertificates.isEmpty)
        if configuration.adminPort != nil {
            wire += configuration.limitsOfAdministrators.memoryBytesMax(isSecured: false)
        }
        let waiting = configuration.queueBytesMax(memory)
        let decoding =
            workers * MemoryQuota.bytesOfPixel
            * configuration.imageLimits(memory, workers: workers).pixelsMax
        return "memory   at most \(wire >> 20) MiB for connections and what they send,"
            + " \(waiting >> 20) MiB for what waits,"
            + " \(decoding >> 20) MiB for pictures being decoded\n"
    }

    /// The model's line: a file's words go to a terminal, so without control characters.
    static func line(_ model: ModelIdentity, classes: Int) -> String {
        "model    \(model.name), version \(model.version), \(classes) classes".printable
    }

    private static func settings(
        _ configuration: Configuration, _ keys: KeyRing?, workers: Int
    ) -> Service.Settings {
        Service.Settings(
            defaults: { configuration.detectionOptions(for: $0) },
            bodyBytesMax: configuration.bodyBytesMax,
            picturesMax: configuration.picturesOfRequestMax, timeout: configuration.timeout,
            access: configuration.access(keys),
            crossOrigin: CrossOrigin(configuration.crossOrigins),
            about: Service.Settings.About(
                shape: configuration.shape.rawValue, workers: workers, cpus: CPUQuota.live.cpus))
    }
}

/// Why the service stops: nil for being told to.
///
/// The first reason counts.
private final class StopReason: Sendable {
    private let reason = Guarded<CommandFailure??>(nil)
    private let isGiven = DispatchSemaphore(value: 0)

    func give(_ failure: CommandFailure?) {
        reason.withLock { if $0 == nil { $0 = .some(failure) } }
        isGiven.signal()
    }

    func wait() -> CommandFailure? {
        isGiven.wait()
        return reason.withLock { $0 ?? nil }
    }
}

extension String {
    /// An IPv6 address as a URL writes it.
    var bracketed: String { contains(":") ? "[\(self)]" : self }
}
