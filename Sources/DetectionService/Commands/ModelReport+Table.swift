internal import Detection

extension ModelReport {
    /// What `inspect` prints for a person.
    func table(of identity: ModelIdentity) -> String {
        var rows = [
            ["module", "class", "operation", "output", "parameters", "MFLOPs"]
                + (model.dynamicLayers > 0 ? ["experts", "R_param", "R_flops"] : [])
        ]
        for layer in layers {
            var row = [
                layer.module.printable, layer.className.printable, layer.operation,
                layer.outputs.map(Self.shape).joined(separator: " "),
                layer.parameters > 0 ? String(layer.parameters) : "",
                layer.flops > 0 ? Self.millions(layer.flops) : "",
            ]
            if let dynamic = layer.dynamic {
                row += [
                    "\(dynamic.experts) \(dynamic.routing.kind.rawValue)",
                    Self.words(dynamic.parameters), Self.words(dynamic.flops),
                ]
            }
            rows.append(row)
        }
        let lines = head(identity) + [""] + TextColumns.align(rows) + [""] + foot
        return lines.joined(separator: "\n") + "\n"
    }

    private func head(_ identity: ModelIdentity) -> [String] {
        [
            "\(identity.name.printable), version \(identity.version.printable): \(model.classes) classes, stride \(model.stride),"
                + " image size \(model.imageSize), confidence \(model.defaults.confidence),"
                + " iou \(model.defaults.iou)\(model.defaults.isAgnostic ? ", agnostic" : "")",
            "classes: " + model.names.map(\.printable).joined(separator: ", "),
        ]
    }

    private var foot: [String] {
        var lines = [
            "\(model.parameters) parameters, \(Self.millions(flops)) MFLOPs for a picture of"
                + " \(Self.shape(inputShape))"
        ]
        guard model.dynamicLayers > 0 else { return lines }
        lines.append("\(model.dynamicLayers) dynamic layers; ratios are: by the formula / counted")
        var formulas: [String] = []
        for dynamic in layers.compactMap(\.dynamic) {
            let routing = dynamic.routing
            let router = routing.hidden == nil ? "one Linear" : "two Linears"
            let line =
                "\(routing.kind.rawValue) over \(router) (\(Self.words(routing.reason))):"
                + " R_param = \(dynamic.parameters.formula), R_flops = \(dynamic.flops.formula)"
            if !formulas.contains(line) { formulas.append(line) }
        }
        return lines + formulas
    }

    private static func words(_ reason: RoutingDecision.Reason) -> String {
        switch reason {
        case .override: "as told"
        case .metadata: "as the file's metadata says"
        case .stored: "by the module in the file"
        case .shape: "by its shape"
        }
    }

    private static func words(_ ratio: DynamicCost.Ratio) -> String {
        "\(ratio.expected.rounded(places: 3)) / \(ratio.counted.rounded(places: 3))"
    }

    private static func shape(_ shape: [Int]) -> String {
        shape.map(String.init).joined(separator: "×")
    }

    private static func millions(_ count: Int) -> String {
        "\((Double(count) / 1e6).rounded(places: 2))"
    }
}

extension String {
    /// The text without control characters: a file's names go to a terminal.
    var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }
}
