import Detection
import Imaging
import Testing

@testable import DetectionService

struct PredictorTests {
    @Test func `a network that does not fit a picture says so in words`() throws {
        // The command line showed `shape(reason: "…")`, as Swift prints the error.
        let predictor = NetworkPredictor(
            try Detector(BuiltIn.checkpoint()), workers: 1, shape: .rect, limits: ImageLimits())
        let error = #expect(throws: PredictionError.self) {
            try predictor.warmUp(PixelSize(width: 33, height: 33), on: 0)
        }
        guard case .network(let words)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(words.contains("joins maps") && !words.contains("shape("))
    }
}
