import CKernels

extension ISA {
    /// Its number in the kernels.
    var code: dd_isa {
        switch self {
        case .baseline: DD_BASELINE
        case .avx2: DD_AVX2
        case .avx512: DD_AVX512
        case .neon: DD_NEON
        }
    }

    /// Output blocks that one packed weight group serves.
    var groupBlocks: Int { Int(dd_conv_group(code)) }
}
