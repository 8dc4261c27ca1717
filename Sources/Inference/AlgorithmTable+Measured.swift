// Written by `dynadetect bench --tune`; not by hand.

extension AlgorithmTable {
    /// Instruction set, element, weights, stride, channels in and out: algorithm.
    static let measured = """
        avx2 float constant 1 128 128 winograd
        avx2 float constant 1 128 32 winograd
        avx2 float constant 1 128 64 winograd
        avx2 float constant 1 128 80 winograd
        avx2 float constant 1 16 16 winograd
        avx2 float constant 1 256 64 winograd
        avx2 float constant 1 256 80 winograd
        avx2 float constant 1 32 32 winograd
        avx2 float constant 1 32 64 winograd
        avx2 float constant 1 64 32 winograd
        avx2 float constant 1 64 64 winograd
        avx2 float constant 1 64 80 winograd
        avx2 float constant 1 80 80 winograd
        avx2 float constant 2 128 128 winograd
        avx2 float constant 2 128 256 winograd
        avx2 float constant 2 16 32 winograd
        avx2 float constant 2 32 32 winograd
        avx2 float constant 2 32 64 winograd
        avx2 float constant 2 64 128 winograd
        avx2 float constant 2 64 64 winograd
        avx2 float mixed 1 128 128 winograd
        avx2 float mixed 1 16 16 winograd
        avx2 float mixed 1 32 32 winograd
        avx2 float mixed 1 64 64 winograd
        avx512 bfloat16 constant 1 128 128 winograd-2×2
        avx512 bfloat16 constant 1 128 32 winograd-2×2
        avx512 bfloat16 constant 1 128 64 winograd-2×2
        avx512 bfloat16 constant 1 128 80 winograd-2×2
        avx512 bfloat16 constant 1 16 16 direct
        avx512 bfloat16 constant 1 256 64 winograd-2×2
        avx512 bfloat16 constant 1 256 80 winograd-2×2
        avx512 bfloat16 constant 1 32 32 winograd-2×2
        avx512 bfloat16 constant 1 32 64 winograd-2×2
        avx512 bfloat16 constant 1 64 32 winograd-2×2
        avx512 bfloat16 constant 1 64 64 winograd-2×2
        avx512 bfloat16 constant 1 64 80 winograd-2×2
        avx512 bfloat16 constant 1 80 80 winograd-2×2
        avx512 bfloat16 mixed 1 128 128 winograd-2×2
        avx512 bfloat16 mixed 1 16 16 direct
        avx512 bfloat16 mixed 1 32 32 winograd-2×2
        avx512 bfloat16 mixed 1 64 64 winograd-2×2
        avx512 float constant 1 128 128 winograd
        avx512 float constant 1 128 32 winograd
        avx512 float constant 1 128 64 winograd
        avx512 float constant 1 128 80 winograd
        avx512 float constant 1 16 16 winograd
        avx512 float constant 1 256 64 winograd
        avx512 float constant 1 256 80 winograd
        avx512 float constant 1 32 32 winograd
        avx512 float constant 1 32 64 winograd
        avx512 float constant 1 64 32 winograd
        avx512 float constant 1 64 64 winograd
        avx512 float constant 1 64 80 winograd
        avx512 float constant 1 80 80 winograd
        avx512 float constant 2 128 128 winograd
        avx512 float constant 2 128 256 winograd
        avx512 float constant 2 16 32 winograd
        avx512 float constant 2 32 32 winograd
        avx512 float constant 2 32 64 winograd
        avx512 float constant 2 64 128 winograd
        avx512 float constant 2 64 64 winograd
        avx512 float mixed 1 128 128 winograd
        avx512 float mixed 1 16 16 winograd
        avx512 float mixed 1 32 32 winograd
        avx512 float mixed 1 64 64 winograd
        """
}
