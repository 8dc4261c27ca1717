// What every instruction set provides behind the dd_… functions. Private to this target.
#pragma once
#include "planes.h"

/// The arguments of a convolution, checked.
struct conv_call {
    struct dd_conv conv;
    int32_t first;   // output block
    int32_t blocks;  // output blocks, 1 ... group
    int32_t y0, y1;
    const float *in;
    const uint8_t *used;
    const float *weights;   // of these output blocks
    const float *bias;      // of these output blocks
    const float *residual;  // or null
    struct dd_planes residual_planes;
    float *out;
};

/// The arguments of a step of Winograd's convolution, checked: of the transform of the input those of
/// the input alone.
struct winograd_call {
    struct dd_conv conv;
    int32_t tile0, tile1;
    int32_t block0, block1;  // input blocks to transform
    int32_t first;           // output block
    int32_t blocks;          // output blocks, 1 ... group
    const float *in;
    float *tiles;  // transformed input: [in block][tile][36 or 81][16]
    const uint8_t *used;
    const float *weights;   // of these output blocks
    const float *bias;      // of the value's first output block
    const float *residual;  // or null
    struct dd_planes residual_planes;
    float *sums;  // [block][tile][36 or 81][16]
    float *out;
};

/// Experts and how they are mixed, checked.
struct expert_call {
    struct dd_experts experts;
    int32_t lanes;  // of the group
    const float *alpha;
    const uint8_t *kernels;  // the first expert's first number of the group
    const float *scale;      // of the group's lanes, or null
};

/// One instruction set's loops. Their arguments are checked before.
struct kernels {
    int32_t group;  // output blocks that share a weight group
    void (*conv_rows)(const struct conv_call *call);
    void (*depthwise_rows)(const struct conv_call *call);
    void (*max_pool_rows)(
        struct dd_planes in_planes, struct dd_planes out_planes, int32_t kernel, int32_t stride,
        int32_t padding, int32_t block, int32_t y0, int32_t y1, const float *in, float *out);
    void (*upsample_rows)(
        struct dd_planes in_planes, struct dd_planes out_planes, int32_t factor, int32_t block,
        int32_t y0, int32_t y1, const float *in, float *out);
    void (*add_rows)(
        struct dd_planes x_planes, struct dd_planes y_planes, struct dd_planes out_planes,
        int32_t block, int32_t y0, int32_t y1, const float *x, const float *y, float *out);
    void (*means)(
        struct dd_planes planes, int32_t block0, int32_t block1, const float *in, float *out);
    void (*tops)(
        struct dd_planes planes, int32_t channels, int32_t y0, int32_t y1, const float *in,
        float *out);
    void (*load_pixels)(
        struct dd_planes planes, int32_t y0, int32_t y1, const uint8_t *pixels, const uint8_t *end,
        float *out);
    void (*mix)(
        int32_t experts, ptrdiff_t stride, const float *alpha, const float *kernels,
        ptrdiff_t count, float *out);
    float (*peak)(int64_t rounds, float x, float y);
    int32_t sums;  // floats that a round of `peak` adds to
    void (*winograd_input)(const struct winograd_call *call);
    void (*winograd_output)(const struct winograd_call *call);
    void (*winograd_weights)(
        int32_t window_stride, const struct expert_call *call, const uint8_t *used,
        int32_t in_blocks, int32_t block0, int32_t block1, float *out);
    int32_t halves;  // whether experts may be so
    int32_t (*pack_halves)(const float *numbers, ptrdiff_t count, uint8_t *out);
    void (*mix_experts)(
        const struct expert_call *call, ptrdiff_t first, ptrdiff_t count, float *out);
};

/// The loops of `isa`. That the CPU can run them is for the caller to ask once, at start.
const struct kernels *kernels_of(enum dd_isa isa);

/// Checks that so many numbers of each expert are there.
struct expert_call expert_call(
    enum dd_isa isa, struct dd_experts experts, ptrdiff_t numbers, int32_t lanes,
    const float *alpha, ptrdiff_t alpha_count, const uint8_t *kernels, ptrdiff_t kernels_count,
    const float *scale, ptrdiff_t scale_count);

extern const struct kernels dd_kernels_baseline;
#if defined(__x86_64__)
extern const struct kernels dd_kernels_avx2, dd_kernels_avx512;
#elif defined(__aarch64__)
extern const struct kernels dd_kernels_neon;
#endif
