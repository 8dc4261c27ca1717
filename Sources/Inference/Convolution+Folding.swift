extension Convolution {
    /// The convolution with a BatchNorm behind it folded into every kernel (in float64):
    /// W·γ/√(σ²+ε), (b − μ)·γ/√(σ²+ε) + β.
    ///
    /// Of experts each kernel and bias is scaled, and β − μ·γ/√(σ²+ε) joins the shift, for α need not
    /// sum to one. Arrays of the wrong size give a convolution that ``Graph`` refuses to append, as
    /// it does what folding made infinite.
    package func folding(
        gamma: [Float], beta: [Float], mean: [Float], variance: [Float], epsilon: Double
    ) -> Convolution {
        var folded = self
        let channels = outputChannels
        guard channels > 0, [gamma, beta, mean, variance].allSatisfy({ $0.count == channels })
        else {
            folded.weights = .constant(kernel: [], bias: [])
            return folded
        }
        let scale = (0..<channels).map { channel -> Double in
            Double(gamma[channel]) / (Double(variance[channel]) + epsilon).squareRoot()
        }
        /// The scaled numbers of so many kernels, each (C_out, …).
        func scaled(_ numbers: [Float], kernels: Int) -> [Float] {
            let (rows, overflow) = kernels.multipliedReportingOverflow(by: channels)
            guard !overflow, rows > 0, numbers.count % rows == 0 else { return [] }
            let row = numbers.count / rows
            return numbers.indices.map { index -> Float in
                let factor: Double = scale[index / row % channels]
                return Float(Double(numbers[index]) * factor)
            }
        }
        func shifted(_ numbers: [Float]) -> [Float] {
            guard numbers.count == channels else { return [] }
            return (0..<channels).map { channel -> Float in
                let centred = Double(numbers[channel]) - Double(mean[channel])
                return Float(centred * scale[channel] + Double(beta[channel]))
            }
        }
        switch weights {
        case .constant(let kernel, let bias):
            folded.weights = .constant(kernel: scaled(kernel, kernels: 1), bias: shifted(bias))
        case .mixed(var experts):
            experts.kernels = scaled(experts.kernels, kernels: experts.count)
            experts.biases = scaled(experts.biases, kernels: experts.count)
            experts.shift = shifted(experts.shift)
            folded.weights = .mixed(experts)
        }
        return folded
    }
}
