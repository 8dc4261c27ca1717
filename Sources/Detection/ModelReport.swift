package import Inference

/// What `inspect` prints: every step of the network with its shapes and its cost.
///
/// Floating-point operations count a multiplication and an addition as two. Activations, pooling and
/// copies are left out, as is usual.
package struct ModelReport: Sendable, Equatable, Encodable {
    /// The whole model.
    package let model: ModelDescription
    /// Height and width of the picture that shapes and operations are given for.
    package let inputShape: [Int]  // (3, H, W)
    /// In the order they run.
    package let layers: [LayerReport]
    /// Operations for a picture.
    package let flops: Int

    /// One step of the network.
    package struct LayerReport: Sendable, Equatable, Encodable {
        /// Where it stands in the file.
        package let module: String
        /// The class of the module, as the file calls it.
        package let className: String
        /// Such as `convolution` or `concat`.
        package let operation: String
        /// (C, H, W) of each input.
        package let inputs: [[Int]]
        /// (C, H, W) of each output.
        package let outputs: [[Int]]
        /// Learned numbers in the file: BatchNorm's two for each channel count, its statistics do not.
        package let parameters: Int
        /// Operations for a picture, with routing and mixing.
        package let flops: Int
        /// Of a dynamic convolution.
        package let dynamic: DynamicCost?
    }
}

extension Detector {
    /// The network's steps with their cost for a picture of so many pixels.
    ///
    /// - Throws: when the network cannot take that shape.
    package func report(height: Int, width: Int) throws(GraphError) -> ModelReport {
        let graph = network.graph
        let shapes = try graph.shapes(height: height, width: width)
        func shape(_ value: Graph.Value) -> [Int] {
            [graph.channels(of: value), shapes[value.id].height, shapes[value.id].width]
        }
        var layers: [ModelReport.LayerReport] = []
        var total = 0
        for (step, record) in zip(graph.steps, records) {
            let inputs = step.inputs.map(shape)
            let outputs = step.outputs.map(shape)
            var flops = 0
            var dynamic: DynamicCost?
            if case .convolution(let convolution) = step.operation, let input = inputs.first,
                let output = outputs.first
            {
                let cost = ConvolutionCost(
                    of: convolution, hasBias: record.contents.hasBias,
                    hidden: record.contents.routing?.hidden,
                    inputCells: input[1] * input[2], outputCells: output[1] * output[2])
                flops = cost.flops
                dynamic = record.contents.routing.map { DynamicCost(cost, routing: $0) }
            }
            total = total.addingReportingOverflow(flops).overflow ? Int.max : total + flops
            layers.append(
                ModelReport.LayerReport(
                    module: step.name, className: record.className, operation: step.operation.name,
                    inputs: inputs, outputs: outputs, parameters: record.contents.parameters,
                    flops: flops, dynamic: dynamic))
        }
        return ModelReport(
            model: model, inputShape: [3, height, width], layers: layers, flops: total)
    }
}

extension Operation {
    /// A word for tables.
    fileprivate var name: String {
        switch self {
        case .convolution: "convolution"
        case .add: "add"
        case .maxPool: "max_pool"
        case .upsample: "upsample"
        case .concat: "concat"
        case .split: "split"
        }
    }
}
