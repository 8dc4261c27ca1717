// What an element provides behind the dd_narrow_… functions. Private to this target.
#pragma once
#include "CNarrow.h"
#include "planes.h"

static inline ptrdiff_t element_bytes(enum dd_element element) {
    return element == DD_FLOAT ? 4 : element == DD_BF16 ? 2 : 1;
}

static inline int32_t step_channels(enum dd_element element) {
    return element == DD_BF16 ? 2 : 4;
}

static inline void require_format(struct dd_format f) {
    require(within(DD_FLOAT, f.element, DD_U8) && f.scale > 0 && f.scale < __builtin_inff());
    require(within(0, f.zero, f.element == DD_U8 ? 255 : 0));
}

static inline void require_value(struct dd_planes p, struct dd_format f, ptrdiff_t count) {
    require_format(f);
    require_planes(p, count / element_bytes(f.element));
}

/// As above, for the kernels that know whole vectors of channels only.
static inline void require_narrow(struct dd_narrow_planes p, ptrdiff_t count) {
    require(p.planes.lanes == 16);
    require_value(p.planes, p.format, count);
}

/// Where a pixel lies, in bytes.
static inline ptrdiff_t byte(
    struct dd_planes p, struct dd_format f, ptrdiff_t block, ptrdiff_t y, ptrdiff_t x
) {
    return pixel(p, block, y, x) * element_bytes(f.element);
}

/// A bfloat16 of a float, to the nearest, ties to even; NaN stays NaN.
static inline uint16_t bf16_of(float x) {
    uint32_t bits = __builtin_bit_cast(uint32_t, x);
    if (x != x) return (uint16_t)(bits >> 16 | 64);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/// The arguments of a convolution, checked.
struct narrow_call {
    struct dd_narrow_conv c;
    int32_t first;   // output block
    int32_t blocks;  // output blocks
    int32_t y0, y1;
    const uint8_t *in;
    const uint8_t *used;
    const void *weights;    // of these output blocks
    const float *scales;    // of these output blocks
    const float *bias;      // of these output blocks
    const uint8_t *residual;  // or null
    uint8_t *scratch;
    uint8_t *out;
};

/// Numbers of an expert that stand together.
enum { EXPERT_RUN = 32 };

/// Experts and how they are mixed, checked.
struct mixture {
    int32_t experts;
    const float *alpha;
    const void *kernels;  // the first run wanted
};

/// The loops for one element. Their arguments are checked before.
struct narrow_kernels {
    void (*conv_rows)(const struct narrow_call *call);
    void (*depthwise_rows)(const struct narrow_call *call);
    void (*max_pool_rows)(
        struct dd_narrow_planes in_planes, struct dd_narrow_planes out_planes, int32_t kernel,
        int32_t stride, int32_t padding, int32_t block, int32_t y0, int32_t y1, const uint8_t *in,
        uint8_t *out);
    void (*upsample_rows)(
        struct dd_narrow_planes in_planes, struct dd_narrow_planes out_planes, int32_t factor,
        int32_t block, int32_t y0, int32_t y1, const uint8_t *in, uint8_t *out);
    void (*add_rows)(
        struct dd_narrow_planes x_planes, struct dd_narrow_planes y_planes,
        struct dd_narrow_planes out_planes, int32_t block, int32_t y0, int32_t y1, const uint8_t *x,
        const uint8_t *y, uint8_t *out);
    void (*means)(
        struct dd_narrow_planes planes, int32_t block0, int32_t block1, const uint8_t *in,
        float *out);
};

#if defined(__x86_64__)
extern const struct narrow_kernels dd_narrow_bf16, dd_narrow_u8;
#endif
void dd_winograd_rows_bf16(const struct narrow_call *call);
void dd_pack_runs_bf16(
    int32_t experts, ptrdiff_t stride, const float *kernels, ptrdiff_t runs, uint16_t *out);
void dd_mix_rows_bf16(
    enum dd_element element, const struct mixture *m, ptrdiff_t count, uint16_t *out);
void dd_winograd_group_bf16(
    enum dd_element element, const struct mixture *m, int32_t in_blocks, int32_t blocks,
    uint16_t *out);
void dd_quantize_group_u8(
    enum dd_element element, const struct mixture *m, int32_t blocks, ptrdiff_t count,
    struct dd_format in, float *scratch, float *scales, float *bias, int8_t *out);
