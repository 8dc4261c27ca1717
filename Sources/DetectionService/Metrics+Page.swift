extension Metrics {
    /// What is true at the moment of asking.
    struct Moment {
        var isReady: Bool
        var waiting: Int
        var running: Int
        var bytesHeld: Int
        var expectedWait: Duration
        var connections: Int
        var workers: Int
        /// Cores that the process may use.
        var cpus: Double
        var process: ProcessUsage
        var model: [(name: String, value: String)]
    }

    /// The page that Prometheus reads.
    func page(at moment: Moment) -> String {
        var page = MetricsPage()
        page.gauge(
            "dynadetect_build_info", "The program; always 1.", 1,
            labels: [("version", Version.current)])
        page.gauge(
            "dynadetect_model_info", "The model that serves; always 1.", 1, labels: moment.model)
        page.gauge("dynadetect_ready", "1 when pictures are taken.", moment.isReady ? 1 : 0)
        page.gauge("dynadetect_connections", "Open connections.", moment.connections)
        page.gauge("dynadetect_requests_in_flight", "Requests not yet answered.", inFlight.count)
        page.gauge("dynadetect_queue_waiting", "Pictures waiting for a worker.", moment.waiting)
        page.gauge("dynadetect_queue_running", "Pictures being worked on.", moment.running)
        page.gauge(
            "dynadetect_queue_bytes", "Bytes of requests waiting or being worked on.",
            moment.bytesHeld)
        page.begin(
            "dynadetect_queue_wait_seconds",
            "What a picture that came now would wait for a worker, as admission reckons.", "gauge")
        page.sample(
            "dynadetect_queue_wait_seconds", "\(moment.expectedWait.milliseconds / 1000)")
        page.gauge("dynadetect_workers", "Threads that compute.", moment.workers)
        page.begin("dynadetect_cpu_quota_cores", "Cores the process may use.", "gauge")
        page.sample("dynadetect_cpu_quota_cores", "\(moment.cpus)")
        add(moment.process, to: &page)
        page.begin("dynadetect_reloads_total", "Models loaded while serving.", "counter")
        for (result, counter) in [("ok", reloads), ("failed", failedReloads)] {
            page.sample(
                "dynadetect_reloads_total", "\(counter.count)", labels: [("result", result)])
        }
        addRequests(to: &page)
        addPictures(to: &page)
        return page.text
    }

    /// The names that every Prometheus client library gives to these.
    private func add(_ process: ProcessUsage, to page: inout MetricsPage) {
        page.gauge(
            "process_resident_memory_bytes", "Memory in use (RSS).", process.residentBytes)
        page.gauge("process_open_fds", "Open file descriptors.", process.descriptors)
        page.begin("process_cpu_seconds_total", "Processor time used.", "counter")
        page.sample("process_cpu_seconds_total", "\(process.cpuSeconds)")
        page.begin("process_start_time_seconds", "When the process began, in Unix time.", "gauge")
        page.sample("process_start_time_seconds", "\(process.startSeconds)")
    }

    private func addRequests(to page: inout MetricsPage) {
        let routes = Route.allCases.map(Optional.some) + [nil]
        page.begin("dynadetect_requests_total", "Requests answered.", "counter")
        for route in routes {
            for status in Self.statuses {
                guard let count = requests[route]?[status]?.count, count > 0 else { continue }
                page.sample(
                    "dynadetect_requests_total", "\(count)",
                    labels: [("route", route.name), ("status", "\(status)")])
            }
        }
        page.begin(
            "dynadetect_request_seconds", "From a request's first byte to its answer.", "histogram")
        for route in routes {
            guard let times = requestTimes[route], route == .detect || times.cumulative.last != 0
            else { continue }
            page.histogram("dynadetect_request_seconds", times, labels: [("route", route.name)])
        }
        page.counter("dynadetect_request_body_bytes_total", "Bytes of bodies read.", bytesIn)
        page.counter("dynadetect_response_body_bytes_total", "Bytes of bodies sent.", bytesOut)
        page.begin(
            "dynadetect_rejections_total", "Requests for detection without a result, by reason.",
            "counter")
        for reason in Self.rejectionReasons {
            page.sample(
                "dynadetect_rejections_total", "\(rejections[reason]?.count ?? 0)",
                labels: [("reason", reason)])
        }
    }

    private func addPictures(to page: inout MetricsPage) {
        page.begin(
            "dynadetect_cancellations_total", "Admitted pictures dropped before the network.",
            "counter")
        for reason in Cancellation.allCases {
            page.sample(
                "dynadetect_cancellations_total", "\(cancellations[reason]?.count ?? 0)",
                labels: [("reason", reason.rawValue)])
        }
        page.counter(
            "dynadetect_pictures_total", "Pictures that went through the network.", pictures)
        page.begin("dynadetect_detections_total", "Objects found, by class.", "counter")
        for (name, count) in detections {
            page.sample("dynadetect_detections_total", "\(count)", labels: [("class", name)])
        }
        page.begin("dynadetect_stage_seconds", "Time of each stage of a picture.", "histogram")
        for (name, histogram) in stages {
            page.histogram("dynadetect_stage_seconds", histogram, labels: [("stage", name)])
        }
        page.begin("dynadetect_batch_size", "Pictures a worker took together.", "histogram")
        page.histogram("dynadetect_batch_size", batches)
    }
}

extension Route? {
    /// What a label calls it.
    fileprivate var name: String { self?.rawValue ?? "other" }
}
