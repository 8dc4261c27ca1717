import Checkpoints
import Inference

/// How a dynamic convolution's experts are weighed, and on whose word.
package struct RoutingDecision: Sendable, Equatable, Encodable {
    /// Sigmoid (timm's CondConv) or softmax (ParameterNet).
    package let kind: Detector.Overrides.RoutingKind
    /// Who decided.
    package let reason: Reason
    /// Channels of the router's hidden layer; nil: it is a single Linear.
    package let hidden: Int?

    /// Whose word it was, the strongest first.
    package enum Reason: String, Sendable, Encodable {
        /// The user's setting.
        case override
        /// `routing` in the file's metadata.
        case metadata
        /// A Sigmoid or Softmax module in the router.
        case stored
        /// One Linear: sigmoid; two: softmax.
        case shape
    }
}

/// What stands above a router's own shape.
struct RoutingRule: Equatable {
    let kind: Detector.Overrides.RoutingKind?
    let reason: RoutingDecision.Reason

    init(overrides: Detector.Overrides, metadata: Metadata) throws(ModelError) {
        if let kind = overrides.routing {
            self.kind = kind
            reason = .override
        } else if let text = metadata.other["routing"] {
            guard let kind = Detector.Overrides.RoutingKind(rawValue: text) else {
                throw .unsupported(
                    module: "model",
                    reason: "its metadata asks for the routing \"\(text.shortened(to: 40))\"; "
                        + "supported are sigmoid and softmax")
            }
            self.kind = kind
            reason = .metadata
        } else {
            kind = nil
            reason = .shape
        }
    }
}

extension NetworkBuilder {
    /// A router as the engine takes it.
    struct ReadRouter {
        let routing: Routing
        let decision: RoutingDecision
        let parameters: Int
    }

    /// Reads `routing`: a Linear itself, or a module with one or two Linears among its children.
    mutating func router(
        of module: Module, inputChannels: Int, experts: Int
    ) throws(ModelError) -> ReadRouter {
        let router = try module.child("routing")
        for owner in [module, router] {
            try owner.require(
                "temperature", { $0.number == 1 },
                else: "a routing with a temperature other than 1 is not supported")
        }
        var parts = RouterParts()
        try parts.collect(router, depth: 0)
        guard let last = parts.linears.last, parts.linears.count <= 2 else {
            throw router.unsupported(
                "a router of \(parts.linears.count) Linear layers is not supported; one or two are")
        }
        let isDeep = parts.linears.count == 2
        let kind = routingRule.kind ?? parts.stored ?? (isDeep ? .softmax : .sigmoid)
        let reason: RoutingDecision.Reason =
            routingRule.kind != nil ? routingRule.reason : parts.stored != nil ? .stored : .shape
        let hidden = isDeep ? try parts.linears[0].outputsOfLinear() : nil
        let first = parts.linears[0]
        let outer = try linear(last, inputs: hidden ?? inputChannels, outputs: experts)
        var parameters = outer.parameters
        let routing: Routing
        switch (kind, hidden) {
        case (.sigmoid, nil): routing = .sigmoid(weight: outer.weight, bias: outer.bias)
        case (.sigmoid, _?):
            throw router.unsupported(
                "sigmoid routing over two Linear layers is not supported; it is over one")
        case (.softmax, nil):
            // softmax(W·x + b) as the two-layer form: the second layer hands on what it gets.
            var identity = [Float](repeating: 0, count: experts * experts)
            for i in 0..<experts { identity[i * experts + i] = 1 }
            routing = .softmax(
                hiddenWeight: outer.weight, hiddenBias: outer.bias, activation: .identity,
                weight: identity, bias: [Float](repeating: 0, count: experts))
        case (.softmax, let hidden?):
            guard let activation = parts.activation else {
                throw .missing(
                    module: router.place, what: "the activation between its two Linear layers")
            }
            let inner = try linear(first, inputs: inputChannels, outputs: hidden)
            parameters += inner.parameters
            routing = .softmax(
                hiddenWeight: inner.weight, hiddenBias: inner.bias, activation: activation,
                weight: outer.weight, bias: outer.bias)
        }
        return ReadRouter(
            routing: routing,
            decision: RoutingDecision(kind: kind, reason: reason, hidden: hidden),
            parameters: parameters)
    }

    private mutating func linear(
        _ module: Module, inputs: Int, outputs: Int
    ) throws(ModelError) -> (weight: [Float], bias: [Float], parameters: Int) {
        let shape = try module.tensor("weight").shape
        // A 1×1 convolution of the 1×1 mean is a Linear.
        let isSame = shape == [outputs, inputs] || shape == [outputs, inputs, 1, 1]
        guard isSame else {
            throw module.unsupported(
                "its weight is \(shape), but \([outputs, inputs]) is what fits here")
        }
        let count = outputs * inputs  // both at most 2¹⁶
        try spend(weights: count, on: module)
        let weight = try module.floats("weight", shape: shape)
        guard module.tensors["bias"] != nil else {
            return (weight, [Float](repeating: 0, count: outputs), count)
        }
        return (weight, try module.floats("bias", shape: [outputs]), count + outputs)
    }
}

/// The parts of a router, in the order they stand.
private struct RouterParts {
    var linears: [Module] = []
    var activation: Activation?
    var stored: Detector.Overrides.RoutingKind?

    mutating func collect(_ module: Module, depth: Int) throws(ModelError) {
        guard depth < NetworkBuilder.Limit.depth else {
            throw module.unsupported("modules stand in each other too deep")
        }
        if !module.children.isEmpty {
            for (_, child) in module.children { try collect(child, depth: depth + 1) }
            return
        }
        switch module.className {
        case "Linear", "Conv2d":
            if let stored {
                throw module.unsupported("nothing may follow the \(stored.rawValue) of a router")
            }
            linears.append(module)
        case "Sigmoid": stored = .sigmoid
        case "Softmax": stored = .softmax
        // The mean is taken anyway.
        case "AdaptiveAvgPool2d", "Flatten", "Dropout", "Identity": break
        default:
            guard let found = Activation(className: module.className), linears.count == 1,
                activation == nil
            else {
                throw module.unsupported(
                    "\(module.shownClass) cannot stand here in a router; supported are Linear layers "
                        + "with SiLU, ReLU or Hardswish between them, and Sigmoid or Softmax behind"
                )
            }
            activation = found
        }
    }
}

extension Module {
    /// Outputs of a Linear, or of a convolution in its place.
    fileprivate func outputsOfLinear() throws(ModelError) -> Int {
        let shape = try tensor("weight").shape
        guard let outputs = shape.first, (1...NetworkBuilder.Limit.channels).contains(outputs)
        else {
            throw unsupported("its weight is \(shape), not (outputs, inputs)")
        }
        return outputs
    }
}
