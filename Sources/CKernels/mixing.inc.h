// Kernels out of experts: W' = Σ α_i W_i.

/// Floats ahead of those being mixed that each expert is asked for: memory answers in the time that
/// takes.
#define MIXING_AHEAD 512

static void mix(
    int32_t experts, ptrdiff_t stride, const float *alpha, const float *kernels, ptrdiff_t count,
    float *out
) {
    ptrdiff_t i = 0;
    for (; i + 4 * LANES <= count; i += 4 * LANES) {
        vec sum[4] = {(vec)0.0f, (vec)0.0f, (vec)0.0f, (vec)0.0f};
        for (int32_t e = 0; e < experts; e++) {
            const float *from = kernels + e * stride + i;
            UNROLL for (int v = 0; v < 4; v++) {
                __builtin_prefetch(from + MIXING_AHEAD + v * LANES);
                sum[v] = fused((vec)alpha[e], load(from + v * LANES), sum[v]);
            }
        }
        UNROLL for (int v = 0; v < 4; v++) store(out + i + v * LANES, sum[v]);
    }
    for (; i < count; i++) {
        float sum = 0;
        for (int32_t e = 0; e < experts; e++) sum = fused1(alpha[e], kernels[e * stride + i], sum);
        out[i] = sum;
    }
}
