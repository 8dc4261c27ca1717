// Written by `dynadetect bench --tune`; not by hand.

extension CutTable {
    /// Instruction set, element, way, window, stride, blocks in and out, height and width of
    /// the output: tiles or rows of an item, groups of an item.
    static let measured = """
        avx2 float winograd 3 1 1 1 160 160 42 1
        avx2 float winograd 3 1 2 2 80 80 42 2
        avx2 float winograd 3 1 4 4 40 40 28 4
        avx2 float winograd 3 1 4 4 80 80 42 4
        avx2 float winograd 3 1 4 5 80 80 42 5
        avx2 float winograd 3 1 5 5 40 40 28 5
        avx2 float winograd 3 1 5 5 80 80 28 5
        avx2 float winograd 3 2 1 2 160 160 42 2
        avx2 float winograd 3 2 2 4 80 80 28 4
        avx512 bfloat16 direct 1 1 12 4 80 80 8 1
        avx512 bfloat16 direct 3 2 1 1 320 320 8 1
        avx512 bfloat16 direct 3 2 1 2 160 160 40 0
        avx512 bfloat16 winograd-2×2 3 1 16 4 20 20 2 0
        avx512 bfloat16 winograd-2×2 3 1 5 5 20 20 2 0
        avx512 float winograd 3 1 1 1 160 160 56 1
        avx512 float winograd 3 1 2 2 80 80 42 1
        """
}
