import Checkpoints

/// What the service and `inspect` say of a model.
package struct ModelDescription: Sendable, Equatable, Encodable {
    /// What the model is called.
    package let name: String
    /// One for each class.
    package let names: [String]
    /// The coarsest scale: height and width of the input must be multiples of it.
    package let stride: Int
    /// Height and width the model was made for.
    package let imageSize: Int
    /// The confidence a box must exceed, unless one is asked for: as the file's `confidence` says, or 0.25.
    package let confidence: Float
    /// Learned numbers in the file.
    package let parameters: Int
    /// Convolutions whose kernel is mixed per picture.
    package let dynamicLayers: Int
    /// How their experts are weighed; more than one entry when layers differ, empty when there are none.
    package let routing: [RoutingDecision]

    /// Classes the model tells apart.
    package var classes: Int { names.count }

    /// A description by hand.
    package init(
        name: String, names: [String], stride: Int, imageSize: Int,
        confidence: Float = DetectionOptions().confidence, parameters: Int = 0,
        dynamicLayers: Int = 0, routing: [RoutingDecision] = []
    ) {
        self.name = name
        self.names = names
        self.stride = stride
        self.imageSize = imageSize
        self.confidence = confidence
        self.parameters = parameters
        self.dynamicLayers = dynamicLayers
        self.routing = routing
    }

    init(of checkpoint: Checkpoint, name: String?, blueprint: NetworkBuilder.Blueprint) {
        let metadata = checkpoint.metadata
        let head = blueprint.head
        var parameters = 0
        var decisions: [RoutingDecision] = []
        var dynamicLayers = 0
        for record in blueprint.records {
            parameters += record.contents.parameters  // Limit.weights bounds the sum
            guard let decision = record.contents.routing else { continue }
            dynamicLayers += 1
            if !decisions.contains(decision) { decisions.append(decision) }
        }
        // Strides are 1…4096: checked when read.
        self.init(
            name: name ?? metadata.other["name"] ?? "model",
            names: (0..<head.classes).map { id in
                id < metadata.names.count ? metadata.names[id] : "class\(id)"
            },
            stride: Int(head.strides.max() ?? 32),
            imageSize: (1...8192).contains(metadata.imageSize) ? metadata.imageSize : 640,
            confidence: Self.confidence(metadata) ?? DetectionOptions().confidence,
            parameters: parameters, dynamicLayers: dynamicLayers, routing: decisions)
    }

    /// What the file asks for, when it is a number from 0 to 1.
    private static func confidence(_ metadata: Metadata) -> Float? {
        guard let text = metadata.other["confidence"], let value = Float(text),
            (0...1).contains(value)
        else { return nil }
        return value
    }
}
