import Inference

/// What a dynamic convolution costs beside a static one of the same shape (ParameterNet, arXiv
/// 2306.14525): M times the parameters, about the same operations.
package struct DynamicCost: Sendable, Equatable, Encodable {
    /// M.
    package let experts: Int
    /// How the experts are weighed.
    package let routing: RoutingDecision
    /// Parameters over a static convolution's, R_param.
    package let parameters: Ratio
    /// Operations over a static convolution's, R_flops.
    package let flops: Ratio

    /// One ratio, by the formula and as counted.
    package struct Ratio: Sendable, Equatable, Encodable {
        /// The formula, with the paper's symbols, for the routing at hand.
        package let formula: String
        /// What it gives: weights alone, without biases and the mean.
        package let expected: Double
        /// With everything: biases of experts and router, the mean of the input.
        package let counted: Double
    }

    init(_ cost: ConvolutionCost, routing: RoutingDecision) {
        experts = cost.experts
        self.routing = routing
        let formulas = Formulas(isDeep: routing.hidden != nil, isGrouped: cost.groups > 1)
        let each = Double(cost.weights)  // C_out·C_in/g·k²
        let m = Double(cost.experts)
        let router = Double(cost.routerWeights)
        let cells = Double(cost.outputCells)
        parameters = Ratio(
            formula: formulas.parameters, expected: router / each + m,
            counted: Double(cost.dynamicParameters) / Double(cost.staticParameters))
        flops = Ratio(
            formula: formulas.flops, expected: 1 + router / (cells * each) + m / cells,
            counted: Double(cost.flops) / Double(cost.staticFlops))
    }
}

/// R_param and R_flops in words.
///
/// h is the router's hidden width: C_in in the paper.
private struct Formulas {
    let parameters: String
    let flops: String

    init(isDeep: Bool, isGrouped: Bool) {
        let g = isGrouped ? "g·" : ""
        if isDeep {
            parameters = "\(g)h/(C_out·k²) + \(g)h·M/(C_in·C_out·k²) + M"
            flops = "1 + \(g)h/(H'·W'·C_out·k²) + \(g)h·M/(H'·W'·C_in·C_out·k²) + M/(H'·W')"
        } else {
            parameters = "\(g)M/(C_out·k²) + M"
            flops = "1 + \(g)M/(H'·W'·C_out·k²) + M/(H'·W')"
        }
    }
}

/// Counts for one convolution and one picture.
struct ConvolutionCost {
    let experts: Int
    let groups: Int
    let outputCells: Int
    /// C_out·C_in/groups·k_h·k_w: of one kernel.
    let weights: Int
    /// Weights of the router's Linears.
    let routerWeights: Int
    let staticParameters: Int
    let dynamicParameters: Int
    let staticFlops: Int
    let flops: Int

    /// The counts of a convolution; `hidden`: channels of its router's hidden layer, if it has one.
    ///
    /// Sums stay below overflow: sides of maps and channels are at most 2¹⁶, which the graph checks, and
    /// weights at most 2²⁹, which the builder does.
    init(
        of convolution: Convolution, hasBias: Bool, hidden: Int?, inputCells: Int, outputCells: Int
    ) {
        groups = convolution.groups
        self.outputCells = outputCells
        weights =
            convolution.outputChannels * (convolution.inputChannels / convolution.groups)
            * convolution.kernel.height * convolution.kernel.width
        let biases = hasBias ? convolution.outputChannels : 0
        staticParameters = weights + biases
        staticFlops = (2 * weights + biases) * outputCells
        guard case .mixed(let mixed) = convolution.weights else {
            experts = 1
            routerWeights = 0
            dynamicParameters = staticParameters
            flops = staticFlops
            return
        }
        let inputs = convolution.inputChannels
        experts = mixed.count
        let routerBiases: Int
        if let hidden {
            routerWeights = hidden * (inputs + mixed.count)
            routerBiases = hidden + mixed.count
        } else {
            routerWeights = inputs * mixed.count
            routerBiases = mixed.count
        }
        dynamicParameters = mixed.count * staticParameters + routerWeights + routerBiases
        let mean = inputs * inputCells
        let routing = 2 * routerWeights + routerBiases
        let mixing = 2 * mixed.count * (weights + biases)
        flops = staticFlops + mean + routing + mixing
    }
}
