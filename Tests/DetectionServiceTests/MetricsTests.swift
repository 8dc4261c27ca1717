import Detection
import HTTPServer
import Imaging
import Testing

@testable import DetectionService

struct MetricsTests {
    /// Each reading used to wrap who counts connections twice more: some ten thousand calls deep, the
    /// stack of a thread is full.
    @Test func `connections may be counted for ever`() async throws {
        let site = try Site(over: .inProcess)
        for _ in 0..<10_000 { #expect(site.service.connections == 0) }
    }

    @Test func `the page says what happened`() async throws {
        let site = try Site(over: .inProcess)
        _ = try await site.send(.picture(try Pictures.jpeg()))
        _ = try await site.send(.picture(try Pictures.jpeg(), query: [("max_det", "1")]))
        _ = try await site.send(.picture([]))
        _ = try await site.send(.get("/nope"))
        site.service.leave()
        site.queue.drain {}
        _ = try await site.send(.picture(try Pictures.jpeg()))
        let page = try await site.send(.get("/metrics"))
        #expect(page.fields["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
        let lines = page.text.split(separator: "\n")
        for line in [
            #"dynadetect_requests_total{route="/detect",status="200"} 2"#,
            #"dynadetect_requests_total{route="/detect",status="400"} 1"#,
            #"dynadetect_requests_total{route="/detect",status="503"} 1"#,
            #"dynadetect_requests_total{route="other",status="404"} 1"#,
            #"dynadetect_rejections_total{reason="draining"} 1"#,
            #"dynadetect_rejections_total{reason="overloaded"} 0"#,
            #"dynadetect_rejections_total{reason="invalid_request"} 1"#,
            #"dynadetect_request_seconds_count{route="/detect"} 4"#,
            #"dynadetect_cancellations_total{reason="client_gone"} 0"#,
            "dynadetect_pictures_total 2", #"dynadetect_detections_total{class="linear"} 2"#,
            #"dynadetect_detections_total{class="qr"} 1"#, "dynadetect_cpu_quota_cores 2.5",
            "dynadetect_workers 2", "dynadetect_connections 0", "dynadetect_requests_in_flight 1",
            #"dynadetect_build_info{version="0.1.0"} 1"#,
            #"dynadetect_stage_seconds_count{stage="total"} 2"#,
            #"dynadetect_batch_size_bucket{le="1.0"} 2"#, "dynadetect_batch_size_sum 2.0",
            "dynadetect_ready 0", "dynadetect_queue_waiting 0",
        ] { #expect(lines.contains(Substring(line))) }
    }

    @Test func `buckets hold what is at or below their bound`() {
        let histogram = Histogram(bounds: [0.001, 0.01], scale: 1e-6)
        for microseconds in [500, 1000, 1001, 50_000] {
            histogram.add(microseconds, value: Double(microseconds) / 1e6)
        }
        #expect(histogram.cumulative == [2, 3, 4])
        #expect((histogram.sum * 1e6).rounded() == 52_501)
    }

    @Test func `a model's name cannot break a line`() {
        var page = MetricsPage()
        page.sample("a", "1", labels: [("name", "x\"\n\\")])
        #expect(page.text == "a{name=\"x\\\"\\n\\\\\"} 1\n")
    }

    @Test func `a status without a line of its own is counted by its hundred`() {
        let metrics = Metrics()
        let head = RequestHead(method: "POST", path: "/detect")
        metrics.answered(Call(head), Outcome(response: Response(status: 418)))
        #expect(metrics.requests[.detect]?[400]?.count == 1)
    }

    @Test func `two models with a class of the same name count it together`() {
        let metrics = Metrics()
        let one = metrics.counters(for: ["cat", "dog"])
        let other = metrics.counters(for: ["dog", "bird"])
        one[1].add(1)
        other[0].add(2)
        #expect(metrics.detections.map(\.name) == ["bird", "cat", "dog"])
        #expect(metrics.detections.map(\.count) == [0, 0, 3])
    }

    @Test func `models without end do not make the page longer without end`() {
        let metrics = Metrics()
        for model in 0..<60 { _ = metrics.counters(for: (0..<100).map { "\(model).\($0)" }) }
        #expect(metrics.detections.count == 4097)
        #expect(metrics.detections.contains { $0.name == "other" })
    }

    @Test func `every reason that is counted is a code of the contract`() {
        let text = String(decoding: BuiltIn.openAPI, as: UTF8.self)
        let ours: Set = ["invalid_request", "client_closed_request"]
        for reason in Metrics.rejectionReasons where !ours.contains(reason) {
            #expect(text.contains("`\(reason)`"), "\(reason)")
        }
    }

    @Test func `a picture that nobody waits for is counted as cancelled`() async throws {
        let metrics = Metrics()
        let queue = PictureQueue(
            predictor: StandInPredictor(), workers: 1, batchMax: 1, picturesMax: 1,
            metrics: metrics)
        let picture = PictureBytes(try Pictures.jpeg())
        let model = queue.serving
        let letterbox = try model.letterbox(for: picture)
        _ = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Prediction, PredictionError>, Never>) in
            guard let ticket = try? queue.admit() else {
                return continuation.resume(returning: .failure(.network("no place")))
            }
            queue.submit(
                picture, to: model, letterbox: letterbox, options: PredictionOptions(),
                ticket: ticket,
                cancellation: { .clientGone },
                finish: { continuation.resume(returning: $0) })
        }
        #expect(metrics.cancellations[.clientGone]?.count == 1)
        #expect(metrics.pictures.count == 0)
    }
}

struct ProcessUsageTests {
    @Test func `memory, processor time and start are read from the kernel's texts`() {
        let files = SystemFiles { path in
            switch path {
            case "/proc/self/statm": "5000 300 20 1 0 50 0\n"
            case "/proc/self/stat":
                // The name of a program may hold blanks and brackets.
                "7 (a ) b) S 1 7 7 0 -1 4194560 9 0 0 0 250 50 0 0 20 0 4 0 4200 9 300 18\n"
            case "/proc/stat": "cpu 1 2 3\nbtime 1700000000\nprocesses 9\n"
            default: nil
            }
        }
        let usage = ProcessUsage(files: files, ticks: 100, pageBytes: 4096, descriptors: 12)
        #expect(usage.residentBytes == 300 * 4096)
        #expect(usage.cpuSeconds == 3)
        #expect(usage.startSeconds == 1_700_000_042)
        #expect(usage.descriptors == 12)
    }

    @Test func `this process has memory, time and descriptors`() {
        let usage = ProcessUsage.live
        #expect(usage.residentBytes > 1_000_000)
        #expect(usage.startSeconds > 1_600_000_000)
        #expect(usage.descriptors > 2)
    }
}
