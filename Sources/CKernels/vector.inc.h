// Vectors of LANES floats, and what is done with one. Included once for each instruction set.
//
// Sums are written as fused() everywhere, and contraction is off: which operations are fused is
// then said here and not found by the optimiser, so that a pixel's value does not depend on the
// tile it is computed in.

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define PARTS (16 / LANES)  // vectors of a block

typedef float vec __attribute__((ext_vector_type(LANES)));
typedef uint32_t bits __attribute__((ext_vector_type(LANES)));
typedef float vec_memory __attribute__((ext_vector_type(LANES), aligned(4), may_alias));

INLINE vec load(const float *from) { return *(const vec_memory *)from; }

INLINE void store(float *to, vec v) { *(vec_memory *)to = v; }

INLINE float fused1(float x, float y, float sum) {
#if FUSED
    return __builtin_fmaf(x, y, sum);
#else
    return x * y + sum;
#endif
}

INLINE vec fused(vec x, vec y, vec sum) {
#if FUSED
    return __builtin_elementwise_fma(x, y, sum);
#else
    return x * y + sum;
#endif
}

/// Of a NaN and a number the number.
INLINE vec larger_number(vec x, vec number) { return x > number ? x : number; }

// These comparisons are so written that a NaN stays one.
INLINE vec at_least(vec x, vec low) { return x < low ? low : x; }

INLINE vec at_most(vec x, vec high) { return x > high ? high : x; }

/// e^-x for x in -88 ... 80, with a relative error of 1.6e-7 + 1.3e-8·|x|.
///
/// e^-x = 2^n·2^f with n + f = -x·log2 e, |f| ≤ 1/2; 2^f by a polynomial (minimax, 7.6e-8), 2^n by
/// the exponent's bits. The second term of the error is that of log2 e in float.
INLINE vec exponential_of_negative(vec x) {
    const vec scale = (vec)-0x1.715476p0f;
    const vec rounder = (vec)0x1.8p23f;  // adding it leaves the nearest integer in the low bits
    vec shifted = fused(x, scale, rounder);
    vec f = fused(x, scale, rounder - shifted);
    vec p = fused((vec)0.0013276244280859828f, f, (vec)0.009675770066678524f);
    p = fused(p, f, (vec)0.05550715699791908f);
    p = fused(p, f, (vec)0.24022115767002106f);
    p = fused(p, f, (vec)0.6931469440460205f);
    p = fused(p, f, (vec)1.0000001192092896f);
    return __builtin_bit_cast(
        vec, __builtin_bit_cast(bits, p) + (__builtin_bit_cast(bits, shifted) << 23));
}

/// x·σ(x) = x / (1 + e^-x), to 3e-7 of its value for x > -10.
///
/// Below -88 the answer is silu(-88) = -5e-37 (so there is no ∞/∞), above 80 it is x.
INLINE vec silu(vec x) {
    x = at_least(x, (vec)-88.0f);
    return x / (exponential_of_negative(at_most(x, (vec)80.0f)) + 1.0f);
}

INLINE vec relu(vec x) { return at_least(x, (vec)0.0f); }

INLINE vec hardswish(vec x) {
    return x * (at_most(at_least(x + 3.0f, (vec)0.0f), (vec)6.0f) * (1.0f / 6.0f));
}

INLINE vec activated(enum dd_activation activation, vec x) {
    switch (activation) {
    case DD_SILU: return silu(x);
    case DD_RELU: return relu(x);
    case DD_HARDSWISH: return hardswish(x);
    default: return x;
    }
}

INLINE void finish_as(
    enum dd_activation activation, bool has_residual, const float *sums, const float *residual,
    float *out, ptrdiff_t count
) {
    _Pragma("clang loop unroll_count(4)")
    for (ptrdiff_t i = 0; i < count; i += LANES) {
        vec x = activated(activation, load(sums + i));
        store(out + i, has_residual ? x + load(residual + i) : x);
    }
}

/// Activation, then residual, over `count` sums (a multiple of 16) that a row of pixels ended in.
///
/// The sums lie in a small buffer: stored where the output goes and read again, they would wait for
/// its cache lines.
[[maybe_unused]] static void finish(
    enum dd_activation activation, const float *sums, const float *residual, float *out,
    ptrdiff_t count
) {
#define FINISH(CASE)                                                     \
    case CASE:                                                           \
        if (residual) finish_as(CASE, true, sums, residual, out, count); \
        else finish_as(CASE, false, sums, sums, out, count);             \
        return;
    switch (activation) {
        FINISH(DD_IDENTITY)
        FINISH(DD_SILU)
        FINISH(DD_RELU)
        FINISH(DD_HARDSWISH)
    }
#undef FINISH
}
