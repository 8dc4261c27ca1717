extension Reference {
    /// Runs a network on one picture, step by step, and returns the maps it was told to put out.
    package static func run(_ graph: Graph, _ input: FeatureMap) -> [FeatureMap] {
        var values: [Graph.Value: FeatureMap] = [graph.input: input]
        /// Every step's inputs were made by an earlier one: `append` names a value as it makes it.
        func value(_ name: Graph.Value) -> FeatureMap {
            guard let map = values[name] else { preconditionFailure("a value nobody made") }
            return map
        }
        for step in graph.steps {
            let results = apply(step.operation, to: step.inputs.map(value))
            for (name, result) in zip(step.outputs, results) { values[name] = result }
        }
        return graph.outputs.map(value)
    }

    /// One operation.
    package static func apply(_ operation: Operation, to inputs: [FeatureMap]) -> [FeatureMap] {
        switch operation {
        case .convolution(let layer): [apply(layer, to: inputs[0])]
        case .add: [add(inputs[0], inputs[1])]
        case .maxPool(let kernel, let stride, let padding):
            [maxPool(inputs[0], kernel: kernel, stride: stride, padding: padding)]
        case .upsample(let factor): [upsample(inputs[0], factor: factor)]
        case .concat: [concat(inputs)]
        case .split(let parts): split(inputs[0], parts)
        }
    }
}
