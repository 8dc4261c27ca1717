// Written by `dynadetect bench --tune`; not by hand.

extension CutTable {
    /// Instruction set, element, way, window, stride, blocks in and out, height and width of
    /// the output: tiles or rows of an item, groups of an item.
    static let measured = """
        avx2 float direct 1 1 12 4 80 80 4 1
        avx2 float direct 1 1 12 8 40 40 8 1
        avx2 float direct 1 1 16 16 20 20 20 1
        avx2 float direct 1 1 24 8 40 40 4 1
        avx2 float direct 1 1 3 2 160 160 20 0
        avx2 float direct 1 1 32 16 20 20 20 1
        avx2 float direct 3 2 1 1 320 320 20 0
        avx2 float winograd 3 1 1 1 160 160 28 1
        avx2 float winograd 3 1 16 4 20 20 14 2
        avx2 float winograd 3 1 2 2 80 80 42 2
        avx2 float winograd 3 1 4 4 20 20 7 4
        avx2 float winograd 3 1 4 4 80 80 42 4
        avx2 float winograd 3 1 4 5 80 80 42 5
        avx2 float winograd 3 1 5 5 20 20 7 5
        avx2 float winograd 3 1 5 5 80 80 42 5
        avx2 float winograd 3 1 8 4 40 40 10 4
        avx2 float winograd 3 1 8 5 40 40 10 5
        avx2 float winograd 3 2 1 2 160 160 28 2
        avx2 float winograd 3 2 2 4 80 80 20 4
        avx512 bfloat16 direct 1 1 12 4 80 80 8 1
        avx512 bfloat16 direct 3 2 1 1 320 320 8 1
        avx512 bfloat16 direct 3 2 1 2 160 160 40 0
        avx512 bfloat16 winograd-2×2 3 1 16 4 20 20 2 0
        avx512 bfloat16 winograd-2×2 3 1 5 5 20 20 2 0
        avx512 float winograd 3 1 1 1 160 160 42 1
        avx512 float winograd 3 1 16 4 20 20 7 2
        avx512 float winograd 3 1 16 5 20 20 7 3
        avx512 float winograd 3 1 4 4 20 20 7 2
        avx512 float winograd 3 1 4 4 80 80 7 2
        avx512 float winograd 3 1 4 5 80 80 7 3
        avx512 float winograd 3 1 5 5 20 20 7 3
        avx512 float winograd 3 1 5 5 40 40 7 3
        avx512 float winograd 3 2 1 2 160 160 20 1
        avx512 float winograd 3 2 4 4 40 40 7 2
        avx512 float winograd 3 2 4 8 40 40 7 4
        """
}
