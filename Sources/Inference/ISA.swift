

/// The instruction set the kernels use.
package enum ISA: String, Sendable, CaseIterable {
    case baseline, avx2, avx512, neon
    /// The best this CPU has, or the lower one that `DYNADETECT_ISA` asks for.
    package static var best: ISA { fatalError("stub") }
    /// Those this CPU can run.
    package static var available: [ISA] { fatalError("stub") }
}
