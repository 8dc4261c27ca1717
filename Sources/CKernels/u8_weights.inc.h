// Kernels of signed bytes out of experts: mixed in float, each output channel with its own scale.

/// Largest magnitudes of 16 output channels, of each four lanes side by side: max[v] holds channels
/// 4·v ..< 4·v + 4.
INLINE void store_largest(const vec max[4], float *to) {
    for (int v = 0; v < 4; v++) {
        __m512 m = (__m512)max[v];
        m = _mm512_max_ps(m, _mm512_permute_ps(m, 0xb1));
        m = _mm512_max_ps(m, _mm512_permute_ps(m, 0x4e));
        float lanes[16];
        _mm512_storeu_ps(lanes, m);
        for (int i = 0; i < 4; i++) to[v * 4 + i] = lanes[i * 4];
    }
}

/// Mixes 64 numbers (16 output channels × 4 inputs) at `i` into `to`, and keeps the magnitudes.
INLINE void mix_step(
    const enum dd_element element, const struct mixture *m, ptrdiff_t i, float *to, vec max[4]
) {
    vec sum[4];
    mix_run(element, m, i / EXPERT_RUN, sum);
    mix_run(element, m, i / EXPERT_RUN + 1, sum + 2);
    UNROLL for (int v = 0; v < 4; v++) {
        store(to + v * 16, sum[v]);
        max[v] = (vec)_mm512_max_ps((__m512)max[v], _mm512_abs_ps((__m512)sum[v]));
    }
}

/// A group of BLOCKS output blocks, whose steps alternate.
INLINE void quantize_as(
    const int blocks, const enum dd_element element, const struct mixture *m, ptrdiff_t count,
    struct dd_format in, float *scratch, float *scales, float *bias, int8_t *out
) {
    vec max[DD_NARROW_GROUP][4], inverse[DD_NARROW_GROUP][4];
    float largest[DD_NARROW_GROUP][16];
    __m512i total[DD_NARROW_GROUP];
    UNROLL for (int b = 0; b < blocks; b++)
        UNROLL for (int v = 0; v < 4; v++) max[b][v] = (vec)0x1p-100f;
    for (ptrdiff_t i = 0; i < count; i += blocks * 64)
        UNROLL for (int b = 0; b < blocks; b++)
            mix_step(element, m, i + b * 64, scratch + i + b * 64, max[b]);
    for (int b = 0; b < blocks; b++) {
        store_largest(max[b], largest[b]);
        for (int v = 0; v < 4; v++) {
            float lanes[16];
            for (int i = 0; i < 16; i++) lanes[i] = 127.0f / largest[b][v * 4 + i / 4];
            inverse[b][v] = load(lanes);
        }
        total[b] = _mm512_setzero_si512();
    }
    for (ptrdiff_t i = 0; i < count; i += blocks * 64)
        UNROLL for (int b = 0; b < blocks; b++) {
            const ptrdiff_t at = i + b * 64;
            UNROLL for (int v = 0; v < 4; v++) {
                const __m512 scaled = (__m512)(load(scratch + at + v * 16) * inverse[b][v]);
                _mm_storeu_si128(
                    (__m128i *)(out + at + v * 16),
                    _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(scaled)));
            }
            total[b] = _mm512_dpbusd_epi32(
                total[b], _mm512_set1_epi8(1), _mm512_loadu_si512(out + at));
        }
    for (int b = 0; b < blocks; b++) {
        const vec scale = load(largest[b]) * (in.scale / 127.0f);
        store(scales + b * 16, scale);
        const vec shift = scale * (vec)_mm512_cvtepi32_ps(total[b]) * (float)in.zero;
        store(bias + b * 16, load(bias + b * 16) - shift);
    }
}

void dd_quantize_group_u8(
    enum dd_element element, const struct mixture *m, int32_t blocks, ptrdiff_t count,
    struct dd_format in, float *scratch, float *scales, float *bias, int8_t *out
) {
#define QUANTIZE(blocks, element) \
    quantize_as(blocks, element, m, count, in, scratch, scales, bias, out)
    if (element == DD_FLOAT) {
        if (blocks == 1) QUANTIZE(1, DD_FLOAT);
        else QUANTIZE(2, DD_FLOAT);
    } else {
        if (blocks == 1) QUANTIZE(1, DD_BF16);
        else QUANTIZE(2, DD_BF16);
    }
#undef QUANTIZE
}
