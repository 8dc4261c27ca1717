package import Checkpoints
package import Inference

/// A detector: a checkpoint's network with the head and NMS behind it.
package final class Detector: Sendable {
    package let model: ModelDescription
    package let network: Network

    /// Builds the network of a YOLO-family checkpoint.
    package init(_ checkpoint: Checkpoint, overrides: Overrides = Overrides()) throws(ModelError) {
        fatalError("stub")
    }

    /// What a worker keeps between pictures.
    package func makeSession() -> Session { fatalError("stub") }

    /// Settings that stand above what the file says.
    package struct Overrides: Sendable {
        package var routing: RoutingKind?
        package enum RoutingKind: String, Sendable, CaseIterable { case sigmoid, softmax }
        package init(routing: RoutingKind? = nil) { self.routing = routing }
    }
}

/// One worker's detector: runs batches of equal shape.
package final class Session {
    init() { fatalError("stub") }
    /// Detects on letterboxed pictures, each (height, width, 3) RGB bytes.
    ///
    /// - Parameters:
    ///   - pixels: lends picture `i` to the callee.
    ///   - finish: takes what was found on picture `i`, as soon as it is known.
    package func detect(
        pictures: Int, height: Int, width: Int, on lane: Crew.Lane,
        options: (_ i: Int) -> DetectionOptions,
        pixels: (_ i: Int, _ use: (Span<UInt8>) -> Void) -> Void,
        finish: (_ i: Int, _ found: [FoundBox], _ stages: StageTimes) -> Void
    ) throws(GraphError) { fatalError("stub") }

    /// The raw head output: (N, 3, height, width) → (N, 4 + nc, A), cx cy w h in input pixels.
    package func rawOutput(
        _ tensor: Span<Float>, pictures: Int, height: Int, width: Int, on lane: Crew.Lane
    ) throws(GraphError) -> (values: [Float], shape: [Int]) { fatalError("stub") }
}

/// Seconds in the network and behind it, for one picture.
package struct StageTimes: Sendable {
    package var inference: Duration
    package var postprocess: Duration
    package init(inference: Duration, postprocess: Duration) {
        self.inference = inference
        self.postprocess = postprocess
    }
}

/// What the service and `inspect` say of a model.
package struct ModelDescription: Sendable {
    package let name: String
    package let names: [String]  // one for each class
    package let stride: Int
    package let imageSize: Int
}

/// Thresholds and filters of one request.
package struct DetectionOptions: Sendable, Equatable {
    package var confidence: Float = 0.25
    package var iou: Float = 0.7
    package var detectionsMax: Int = 300
    package var classes: Set<Int>? = nil
    package var isAgnostic = false
    package init() {}
}

/// A box on the network's input, in its pixels.
package struct FoundBox: Sendable, Equatable {
    package let classID: Int
    package let confidence: Float
    package let x1: Float
    package let y1: Float
    package let x2: Float
    package let y2: Float
    package init(classID: Int, confidence: Float, x1: Float, y1: Float, x2: Float, y2: Float) {
        self.classID = classID
        self.confidence = confidence
        self.x1 = x1
        self.y1 = y1
        self.x2 = x2
        self.y2 = y2
    }
}

/// Why a checkpoint is no detector we can run; each names the module's path and what is supported.
package enum ModelError: Error, Equatable {
    case unsupported(module: String, reason: String)
    case missing(module: String, what: String)
    case graph(GraphError)
}
