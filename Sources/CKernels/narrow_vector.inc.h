// 16 stored numbers as floats and back, and what follows a sum. Included once for each element.

#define BYTES (ELEMENT == DD_BF16 ? 2 : 1)  // of an element
#define STEP (4 / BYTES)                    // channels of a step

INLINE int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

INLINE int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }

INLINE vec widened(const uint16_t *from) {
    const __m256i half = _mm256_loadu_si256((const __m256i *)from);
    return (vec)_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

/// Bytes ahead of those being mixed that memory is asked for.
#define MIXING_AHEAD 4096

/// A run of 32 numbers of a mixture, whose experts' runs follow each other. Of bfloat16 the numbers
/// i and i + 16 are a pair, so that either half of the run is one operation away.
INLINE void mix_run(
    const enum dd_element element, const struct mixture *m, ptrdiff_t run, vec sum[2]
) {
    sum[0] = sum[1] = (vec)0.0f;
    for (int32_t e = 0; e < m->experts; e++) {
        const ptrdiff_t at = (run * m->experts + e) * EXPERT_RUN;
        const vec alpha = (vec)m->alpha[e];
        if (element == DD_FLOAT) {
            sum[0] = fused(alpha, load((const float *)m->kernels + at), sum[0]);
            sum[1] = fused(alpha, load((const float *)m->kernels + at + 16), sum[1]);
        } else {
            const uint16_t *from = (const uint16_t *)m->kernels + at;
            __builtin_prefetch((const char *)from + MIXING_AHEAD);
            const __m512i pairs = _mm512_loadu_si512(from);
            const __m512i high = _mm512_and_si512(pairs, _mm512_set1_epi32((int)0xffff0000));
            sum[0] = fused(alpha, (vec)_mm512_slli_epi32(pairs, 16), sum[0]);
            sum[1] = fused(alpha, (vec)high, sum[1]);
        }
    }
}

/// 16 elements as what they stand for; `element` is ELEMENT or DD_FLOAT and a constant.
INLINE vec load_as(const enum dd_element element, const struct dd_format *f, const uint8_t *from) {
    if (element == DD_FLOAT) return load((const float *)from) * f->scale;
    if (element == DD_BF16) return widened((const uint16_t *)from) * f->scale;
    const __m512i q = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)from));
    const __m512i centred = _mm512_sub_epi32(q, _mm512_set1_epi32(f->zero));
    return (vec)_mm512_cvtepi32_ps(centred) * f->scale;
}

/// 16 numbers rounded, `inverse` being 1/scale. What lies outside the bytes' range becomes its end,
/// and NaN zero.
INLINE void store_as(
    const enum dd_element element, float inverse, int32_t zero, uint8_t *to, vec x
) {
    if (element == DD_FLOAT) {
        store((float *)to, x * inverse);
    } else if (element == DD_BF16) {
#if defined(NARROW_IS_BF16)
        _mm256_storeu_si256((__m256i *)to, (__m256i)_mm512_cvtneps_pbh((__m512)(x * inverse)));
#endif
    } else {
        const vec q = fused(x, (vec)inverse, (vec)(float)zero);
        const __m512 low = _mm512_max_ps((__m512)q, _mm512_setzero_ps());
        const __m512 in_range = _mm512_min_ps(low, _mm512_set1_ps(255.0f));
        _mm_storeu_si128((__m128i *)to, _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(in_range)));
    }
}

#if defined(NARROW_IS_BF16)
/// x·σ(x) to 1.4e-4 of its value, for what is rounded to 8 bits behind it.
///
/// e^-x = 2^t with t = −x·log2 e: 2^(t − ⌊t⌋) by a polynomial (minimax, 7.5e-5), ⌊t⌋ by scalef, and
/// 1/(1 + e^-x) to 2^-14. Below −88 the answer is 0 or nearly so; NaN stays NaN.
INLINE vec silu_nearly(vec x) {
    const __m512 low = _mm512_max_ps(_mm512_set1_ps(-88.0f), (__m512)x);
    const __m512 t = _mm512_mul_ps(low, _mm512_set1_ps(-0x1.715476p0f));
    const vec f = (vec)_mm512_reduce_ps(t, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    vec p = fused((vec)0.07802452147006989f, f, (vec)0.22606715559959412f);
    p = fused(p, f, (vec)0.6958335638046265f);
    p = fused(p, f, (vec)0.9999251961708069f);
    const __m512 d = _mm512_add_ps(_mm512_scalef_ps((__m512)p, t), _mm512_set1_ps(1.0f));
    return (vec)_mm512_mul_ps(low, _mm512_rcp14_ps(d));
}
#else
/// x·σ(x) to 1.3e-4, which is enough where the step of a byte is some hundredths: half the time of the
/// way by e^-x. Of ∞ it is ∞, of −∞ zero; NaN stays NaN.
INLINE vec silu_nearly(vec x) {
    // min(|x|, the middle of the last piece), so that no infinity is multiplied.
    const vec a = (vec)_mm512_range_ps((__m512)x, _mm512_set1_ps(11.625f), 0b1010);
    // The nearest piece's number, in the low bits.
    const __m512i piece = (__m512i)fused(a, (vec)(8.0f / 3), (vec)0x1.8p23f);
    vec c[3];
    UNROLL for (int k = 0; k < 3; k++)
        c[k] = (vec)_mm512_permutex2var_ps(
            _mm512_loadu_ps(silu_pieces[k]), piece, _mm512_loadu_ps(silu_pieces[k] + 16));
    const vec positive = (vec)_mm512_max_ps(_mm512_setzero_ps(), (__m512)x);
    return positive + fused(fused(c[2], a, c[1]), a, c[0]);
}

/// What `store_as` does with bytes, for four vectors that lie side by side.
INLINE void store_four(float inverse, int32_t zero, uint8_t *to, const vec x[4]) {
    __m512i q[4];
    UNROLL for (int i = 0; i < 4; i++)
        q[i] = _mm512_cvtps_epi32(_mm512_min_ps(
            _mm512_set1_ps(255.0f), (__m512)fused(x[i], (vec)inverse, (vec)(float)zero)));
    // Packed by lanes of 128 bits, four numbers of each vector; negative numbers become zero.
    const __m512i packed = _mm512_packus_epi16(
        _mm512_packs_epi32(q[0], q[1]), _mm512_packs_epi32(q[2], q[3]));
    const __m512i order =
        _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm512_storeu_si512(to, _mm512_permutexvar_epi32(order, packed));
}
#endif

INLINE vec activated_nearly(enum dd_activation activation, vec x) {
    return activation == DD_SILU ? silu_nearly(x) : activated(activation, x);
}

/// What the end of a row of sums needs to know.
struct ending {
    const struct narrow_call *call;
    float inverse;  // of the output's scale
};

INLINE vec with_residual(
    vec x, const enum dd_element element, const bool has_residual, const struct dd_format *f,
    const uint8_t *residual, ptrdiff_t at
) {
    return has_residual ? x + load_as(element, f, residual + at) : x;
}

INLINE void end_as(
    const enum dd_activation activation, const enum dd_element out_element,
    const enum dd_element residual_element, const bool has_residual, const struct ending *e,
    const float *sums, vec scale, vec bias, const uint8_t *residual, uint8_t *out, ptrdiff_t pixels
) {
    const struct dd_format *const out_format = &e->call->c.out;
    const struct dd_format *const residual_format = &e->call->c.residual;
    const ptrdiff_t out_bytes = out_element == DD_FLOAT ? 4 : BYTES;
    const ptrdiff_t residual_bytes = residual_element == DD_FLOAT ? 4 : BYTES;
    const float inverse = e->inverse;
    const int32_t zero = out_format->zero;
#define ENDED(i)                                                                             \
    with_residual(                                                                           \
        activated_nearly(activation, fused(load(sums + (i) * 16), scale, bias)),             \
        residual_element, has_residual, residual_format, residual, (i) * 16 * residual_bytes)
    ptrdiff_t i = 0;
#if !defined(NARROW_IS_BF16)
    if (out_element == DD_U8)
        for (; i + 4 <= pixels; i += 4) {
            vec x[4];
            UNROLL for (int k = 0; k < 4; k++) x[k] = ENDED(i + k);
            store_four(inverse, zero, out + i * 16, x);
        }
#endif
    _Pragma("clang loop unroll_count(4)")
    for (; i < pixels; i++) store_as(out_element, inverse, zero, out + i * 16 * out_bytes, ENDED(i));
#undef ENDED
}

/// scale·Σ + bias, activation and residual over the sums of `pixels` neighbours of one block.
static void end(
    const struct ending *e, const float *sums, const float *scale, const float *bias,
    const uint8_t *residual, uint8_t *out, ptrdiff_t pixels
) {
    const enum dd_element to = e->call->c.out.element, from = e->call->c.residual.element;
#define END(activation, to, from, has) \
    end_as(activation, to, from, has, e, sums, load(scale), load(bias), residual, out, pixels)
#define CASE(activation)                                                                       \
    case activation:                                                                           \
        if (to == ELEMENT) {                                                                   \
            if (!residual) END(activation, ELEMENT, ELEMENT, false);                           \
            else if (from == ELEMENT) END(activation, ELEMENT, ELEMENT, true);                 \
            else END(activation, ELEMENT, DD_FLOAT, true);                                     \
        } else {                                                                               \
            if (!residual) END(activation, DD_FLOAT, ELEMENT, false);                          \
            else if (from == ELEMENT) END(activation, DD_FLOAT, ELEMENT, true);                \
            else END(activation, DD_FLOAT, DD_FLOAT, true);                                    \
        }                                                                                      \
        return;
    switch (e->call->c.conv.activation) {
        CASE(DD_IDENTITY)
        CASE(DD_SILU)
        CASE(DD_RELU)
        CASE(DD_HARDSWISH)
    }
#undef CASE
#undef END
}
