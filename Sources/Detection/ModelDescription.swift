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
    /// What is asked of it where nobody asks otherwise: as the file's `confidence`, `iou` and `agnostic` say.
    package let defaults: DetectionOptions
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
        defaults: DetectionOptions = DetectionOptions(), parameters: Int = 0,
        dynamicLayers: Int = 0, routing: [RoutingDecision] = []
    ) {
        self.name = name
        self.names = names
        self.stride = stride
        self.imageSize = imageSize
        self.defaults = defaults
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
            defaults: DetectionOptions(metadata),
            parameters: parameters, dynamicLayers: dynamicLayers, routing: decisions)
    }
}

extension DetectionOptions {
    /// What a model's file asks for; what is missing, or no share of 1, is as the field has it.
    fileprivate init(_ metadata: Metadata) {
        self.init()
        confidence = Self.share(metadata.other["confidence"]) ?? confidence
        iou = Self.share(metadata.other["iou"]) ?? iou
        isAgnostic = metadata.other["agnostic"] == "true"
    }

    private static func share(_ text: String?) -> Float? {
        guard let text, let value = Float(text), (0...1).contains(value) else { return nil }
        return value
    }
}
