// What the core can do at most: as many independent sums as a tile of the convolution has.

/// `rounds` fused multiply-adds of each sum.
static float peak(int64_t rounds, float x, float y) {
    vec sum[WIDTH_MAX * GROUP * PARTS];
    UNROLL for (int i = 0; i < WIDTH_MAX * GROUP * PARTS; i++) sum[i] = (vec)(float)i;
    _Pragma("clang loop unroll(disable)")
    for (int64_t r = 0; r < rounds; r++)
        UNROLL for (int i = 0; i < WIDTH_MAX * GROUP * PARTS; i++)
            sum[i] = fused(sum[i], (vec)x, (vec)y);
    UNROLL for (int i = 1; i < WIDTH_MAX * GROUP * PARTS; i++) sum[0] += sum[i];
    return sum[0][0];
}
