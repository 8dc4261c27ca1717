import Detection
import Foundation
import Imaging
import Inference
import Testing

@testable import DetectionService

/// The model inside the executable, as large as it is served.
struct BuiltInModelTests {
    @Test func `its raw output on a scene is that of the same network in float64`() throws {
        let bytes = try golden("scene.png")
        let picture = try ImageDecoder.decode(bytes.span, limits: ImageLimits())
        let size = picture.size
        let expected = try Npy(golden("scene.raw.npy"))
        var tensor = [Float](repeating: 0, count: 3 * size.width * size.height)
        let pixels = picture.pixels
        for index in pixels.indices {
            tensor[index % 3 * size.width * size.height + index / 3] = Float(pixels[index]) / 255
        }
        let session = try Detector(BuiltIn.checkpoint()).makeSession()
        let raw = try session.rawOutput(
            tensor.span, pictures: 1, height: size.height, width: size.width,
            on: Crew(size: 1).lane(0))
        #expect(raw.shape == expected.shape)
        try #require(raw.values.count == expected.values.count)
        // Coordinates are measured against the picture's side, scores against 1: float32 rounds some
        // sixty layers deep, which stays within 1e-5; a wrong weight or border is off by 1e-2.
        let anchors = expected.shape[2]
        var worst: Float = 0
        for (index, value) in expected.values.enumerated() {
            let scale = index / anchors < 4 ? Float(size.width) : 1
            worst = max(worst, abs(raw.values[index] - value) / scale)
        }
        #expect(worst < 1e-4)
        let best = expected.values.dropFirst(4 * anchors).max() ?? 0
        #expect(best > 0.25, "something is found")
    }

    private func golden(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: Bundle.module.bundleURL.appending(path: "Goldens/\(name)")))
    }
}
