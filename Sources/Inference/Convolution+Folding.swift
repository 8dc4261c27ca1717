extension Convolution {
    /// The convolution with a BatchNorm behind it folded into it (in float64, then rounded):
    /// W·γ/√(σ²+ε), (b − μ)·γ/√(σ²+ε) + β.
    ///
    /// Of experts γ/√(σ²+ε) joins the scale, and β − μ·γ/√(σ²+ε) the shift, for α need not sum to one.
    /// Arrays of the wrong size give a convolution that ``Graph`` refuses to append, as it does what
    /// folding made infinite.
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
        /// The scaled numbers of a kernel (C_out, …).
        func scaled(_ numbers: [Float]) -> [Float] {
            guard numbers.count % channels == 0 else { return [] }
            let row = numbers.count / channels
            return numbers.indices.map { index -> Float in
                Float(Double(numbers[index]) * scale[index / row])
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
            folded.weights = .constant(kernel: scaled(kernel), bias: shifted(bias))
        case .mixed(var experts):
            experts.scale = scaled(experts.scale)
            experts.shift = shifted(experts.shift)
            folded.weights = .mixed(experts)
        }
        return folded
    }
}
