import Detection
import Imaging
import Testing

@testable import DetectionService

struct DetectReplyTests {
    private let model = ModelIdentity(
        name: "café \"1\"\n", version: "2",
        description: ModelDescription(name: "m", names: ["a"], stride: 32, imageSize: 64))

    private static func prediction(_ confidence: Float, x1: Float = 0) -> Prediction {
        let box = Box(x1: x1, y1: 0.1, x2: 1.0 / 3, y2: 1e-5)
        return Prediction(
            size: PixelSize(width: 3, height: 4),
            detections: [
                DetectionService.Detection(label: "a", classID: 0, confidence: confidence, box: box)
            ])
    }

    @Test func `a reply is compact, in order, and its numbers read back as they were`() {
        var prediction = Self.prediction(0.8765432)
        prediction.timing.decode = .nanoseconds(1_234_567)
        prediction.timing.total = .milliseconds(2)
        let json = DetectReply.json(id: "i", model: model, prediction: prediction)
        #expect(
            String(decoding: json, as: UTF8.self)
                == #"{"id":"i","model":{"name":"café \"1\"\n","version":"2"},"#
                + #""image":{"width":3,"height":4},"detections":[{"label":"a","class_id":0,"#
                + #""confidence":0.8765432,"box":{"x1":0.0,"y1":0.1,"x2":0.33333334,"y2":1e-05}}],"#
                + #""timing_ms":{"queue":0.0,"decode":1.234,"preprocess":0.0,"inference":0.0,"#
                + #""postprocess":0.0,"total":2.0},"batch_size":1}"#)
    }

    @Test func `replies of several pictures hold their results`() throws {
        let json = DetectReply.json(
            id: "i", model: model, predictions: [Self.prediction(0.5), Self.prediction(0.25)])
        let text = String(decoding: json, as: UTF8.self)
        #expect(text.hasPrefix(#"{"id":"i","model":{"name":"#))
        #expect(
            text.contains(#""results":[{"image":{"width":3,"height":4},"detections":[{"label""#))
        #expect(throws: Never.self) { try JSONDocument(json) }
    }

    @Test func `what JSON has no number for becomes null`() throws {
        let prediction = Self.prediction(.nan, x1: -.infinity)
        let json = DetectReply.json(id: "i", model: model, prediction: prediction)
        let text = String(decoding: json, as: UTF8.self)
        #expect(text.contains(#""confidence":null,"box":{"x1":null,"#))
    }

    @Test func `control characters are escaped`() throws {
        var json = JSONWriter()
        json.object { $0.key("key", "\u{1}\u{0}\u{1F}\u{7F}\t\r\\") }
        #expect(
            String(decoding: json.bytes, as: UTF8.self)
                == #"{"key":"\u0001\u0000\u001f\u007f\t\r\\"}"#)
    }

    #if DEBUG  // An assertion: released programs have none.
        @Test func `a key that needs an escape is a bug`() async {
            await #expect(processExitsWith: .failure) {
                var json = JSONWriter()
                json.object { $0.key("a\"", 1) }
            }
        }
    #endif
}
