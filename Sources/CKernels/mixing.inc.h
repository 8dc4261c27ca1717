// Kernels out of experts: W' = s ⊙ Σ α_i W_i.

/// Numbers ahead of those being mixed that each expert is asked for: memory answers in the time that
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

#if HALVES
typedef _Float16 halves_memory
    __attribute__((ext_vector_type(LANES), aligned(2), may_alias));

INLINE vec load_halves(const void *from) {
    return __builtin_convertvector(*(const halves_memory *)from, vec);
}

static int32_t pack_halves(const float *numbers, ptrdiff_t count, uint8_t *out) {
    bits differences = 0;
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        const vec number = load(numbers + i);
        *(halves_memory *)(out + i * 2) = __builtin_convertvector(number, halves_memory);
        differences |= __builtin_bit_cast(bits, number)
            ^ __builtin_bit_cast(bits, load_halves(out + i * 2));
    }
    uint32_t any = 0;
    UNROLL for (int i = 0; i < LANES; i++) any |= differences[i];
    return any == 0;
}
#else
INLINE vec load_halves(const void *) { __builtin_trap(); }

static int32_t pack_halves(const float *, ptrdiff_t, uint8_t *) { return 0; }
#endif

INLINE void mix_experts_as(
    const bool halves, const int vectors, const struct expert_call *call, ptrdiff_t first,
    ptrdiff_t count, float *out
) {
    const ptrdiff_t size = halves ? 2 : 4, ahead = MIXING_AHEAD * size;
    const ptrdiff_t next = call->experts.stride * size;
    const int32_t experts = call->experts.count, lanes = call->lanes;
    const float *alpha = call->alpha, *scale = call->scale;
    const uint8_t *kernels = call->kernels + first * size;
    int32_t lane = 0;
    for (ptrdiff_t i = 0; i < count; i += vectors * LANES) {
        vec sum[2 * PARTS];
        UNROLL for (int v = 0; v < vectors; v++) sum[v] = (vec)0.0f;
        const uint8_t *from = kernels + i * size;
        for (int32_t e = 0; e < experts; e++, from += next) {
            for (ptrdiff_t line = 0; line < vectors * LANES * size; line += 64)
                __builtin_prefetch(from + ahead + line);
            UNROLL for (int v = 0; v < vectors; v++) {
                const uint8_t *numbers = from + v * LANES * size;
                const vec weight = halves ? load_halves(numbers) : load((const float *)numbers);
                sum[v] = fused((vec)alpha[e], weight, sum[v]);
            }
        }
        UNROLL for (int v = 0; v < vectors; v++) {
            if (scale) sum[v] *= load(scale + lane + v * LANES);
            store(out + i + v * LANES, sum[v]);
        }
        lane += vectors * LANES;
        if (lane == lanes) lane = 0;
    }
}

static void mix_experts(
    const struct expert_call *call, ptrdiff_t first, ptrdiff_t count, float *out
) {
    const bool is_wide = call->lanes % 32 == 0;
    if (call->experts.halves) {
        if (is_wide) mix_experts_as(true, 2 * PARTS, call, first, count, out);
        else mix_experts_as(true, PARTS, call, first, count, out);
    } else {
        if (is_wide) mix_experts_as(false, 2 * PARTS, call, first, count, out);
        else mix_experts_as(false, PARTS, call, first, count, out);
    }
}
