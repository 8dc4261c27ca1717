import Detection
import HTTPServer
import Imaging
import Testing

@testable import DetectionService

struct MetricsTests {
    @Test func `the page says what happened`() async throws {
        let site = try Site(over: .inProcess)
        _ = try await site.send(.picture(try Pictures.jpeg()))
        _ = try await site.send(.picture(try Pictures.jpeg(), query: [("max_det", "1")]))
        _ = try await site.send(.picture([]))
        _ = try await site.send(.get("/nope"))
        site.service.beginDraining()
        _ = try await site.send(.picture(try Pictures.jpeg()))
        let page = try await site.send(.get("/metrics"))
        #expect(page.fields["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
        let lines = page.text.split(separator: "\n")
        for line in [
            #"dynadetect_requests_total{route="/detect",status="200"} 2"#,
            #"dynadetect_requests_total{route="/detect",status="400"} 1"#,
            #"dynadetect_requests_total{route="/detect",status="503"} 1"#,
            #"dynadetect_requests_total{route="other",status="404"} 1"#,
            #"dynadetect_refusals_total{reason="draining"} 1"#,
            #"dynadetect_refusals_total{reason="overloaded"} 0"#,
            "dynadetect_pictures_total 2", "dynadetect_detections_total 4",
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
        metrics.answered(.detect, status: 418)
        let page = metrics.page(
            state: Metrics.GaugeValues(isReady: true, waiting: 0, running: 0, labels: []))
        #expect(page.contains(#"dynadetect_requests_total{route="/detect",status="400"} 1"#))
    }
}
