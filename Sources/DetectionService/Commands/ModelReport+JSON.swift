internal import Detection

extension ModelReport {
    /// What `inspect --json` prints.
    func json(of identity: ModelIdentity) -> String {
        var json = JSONWriter()
        json.object {
            $0.key("model") { $0.describe(identity) }
            $0.key("input") { $0.value(inputShape) }
            $0.key("parameters", model.parameters)
            $0.key("flops", flops)
            $0.key("layers") { json in
                json.array(layers) { $0.value($1) }
            }
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }
}

extension JSONWriter {
    fileprivate mutating func describe(_ identity: ModelIdentity) {
        let model = identity.description
        object {
            $0.key("name", identity.name)
            $0.key("version", identity.version)
            $0.key("classes") { json in
                json.array(model.names) { $0.value($1) }
            }
            $0.key("stride", model.stride)
            $0.key("image_size", model.imageSize)
            $0.key("confidence", model.defaults.confidence)
            $0.key("iou", model.defaults.iou)
            $0.key("agnostic", model.defaults.isAgnostic)
            $0.key("dynamic_layers", model.dynamicLayers)
        }
    }

    fileprivate mutating func value(_ layer: ModelReport.LayerReport) {
        object {
            $0.key("module", layer.module)
            $0.key("class", layer.className)
            $0.key("operation", layer.operation)
            $0.key("inputs") { json in
                json.array(layer.inputs) { $0.value($1) }
            }
            $0.key("outputs") { json in
                json.array(layer.outputs) { $0.value($1) }
            }
            $0.key("parameters", layer.parameters)
            $0.key("flops", layer.flops)
            if let dynamic = layer.dynamic {
                $0.key("experts", dynamic.experts)
                $0.key("routing") { $0.value(dynamic.routing) }
                $0.key("r_param") { $0.value(dynamic.parameters) }
                $0.key("r_flops") { $0.value(dynamic.flops) }
            }
        }
    }

    private mutating func value(_ routing: RoutingDecision) {
        object {
            $0.key("kind", routing.kind.rawValue)
            $0.key("decided_by", routing.reason.rawValue)
            if let hidden = routing.hidden { $0.key("hidden", hidden) }
        }
    }

    private mutating func value(_ ratio: DynamicCost.Ratio) {
        object {
            $0.key("formula", ratio.formula)
            $0.key("expected", ratio.expected)
            $0.key("counted", ratio.counted)
        }
    }

    fileprivate mutating func value(_ shape: [Int]) {
        array(shape) { $0.value($1) }
    }
}
