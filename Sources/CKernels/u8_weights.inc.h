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
    vec sum[4] = {(vec)0.0f, (vec)0.0f, (vec)0.0f, (vec)0.0f};
    for (int32_t e = 0; e < m->experts; e++) {
        const ptrdiff_t at = e * m->stride + i;
        UNROLL for (int v = 0; v < 4; v++)
            sum[v] = fused(
                (vec)m->alpha[e],
                element == DD_FLOAT ? load((const float *)m->kernels + at + v * 16)
                                    : widened((const uint16_t *)m->kernels + at + v * 16),
                sum[v]);
    }
    UNROLL for (int v = 0; v < 4; v++) {
        store(to + v * 16, sum[v]);
        max[v] = (vec)_mm512_max_ps((__m512)max[v], _mm512_abs_ps((__m512)sum[v]));
    }
}

/// One output block of a group: its steps are `blocks`·64 numbers apart, `offset` from the first.
INLINE void quantize_block(
    const enum dd_element element, const struct mixture *m, ptrdiff_t offset, ptrdiff_t distance,
    ptrdiff_t count, struct dd_format in, float *scratch, float *scales, float *bias, int8_t *out
) {
    vec max[4] = {(vec)0x1p-100f, (vec)0x1p-100f, (vec)0x1p-100f, (vec)0x1p-100f};
    for (ptrdiff_t i = offset; i < count; i += distance)
        mix_step(element, m, i, scratch + i, max);
    float largest[16];
    store_largest(max, largest);
    vec inverse[4];
    for (int v = 0; v < 4; v++) {
        float lanes[16];
        for (int i = 0; i < 16; i++) lanes[i] = 127.0f / largest[v * 4 + i / 4];
        inverse[v] = load(lanes);
    }
    __m512i total = _mm512_setzero_si512();
    for (ptrdiff_t i = offset; i < count; i += distance) {
        UNROLL for (int v = 0; v < 4; v++) {
            const __m512 scaled = (__m512)(load(scratch + i + v * 16) * inverse[v]);
            _mm_storeu_si128(
                (__m128i *)(out + i + v * 16),
                _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(scaled)));
        }
        total = _mm512_dpbusd_epi32(total, _mm512_set1_epi8(1), _mm512_loadu_si512(out + i));
    }
    const vec scale = load(largest) * (in.scale / 127.0f);
    store(scales, scale);
    const vec shift = scale * (vec)_mm512_cvtepi32_ps(total) * (float)in.zero;
    store(bias, load(bias) - shift);
}

void dd_quantize_group_u8(
    enum dd_element element, const struct mixture *m, int32_t blocks, ptrdiff_t count,
    struct dd_format in, float *scratch, float *scales, float *bias, int8_t *out
) {
    for (int32_t b = 0; b < blocks; b++) {
        const ptrdiff_t offset = b * 64, distance = (ptrdiff_t)blocks * 64;
        if (element == DD_FLOAT)
            quantize_block(
                DD_FLOAT, m, offset, distance, count, in, scratch, scales + b * 16, bias + b * 16,
                out);
        else
            quantize_block(
                DD_BF16, m, offset, distance, count, in, scratch, scales + b * 16, bias + b * 16,
                out);
    }
}
