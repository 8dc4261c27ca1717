// The door to the narrow kernels: each call's arguments checked once.
#include "narrow.h"

int dd_element_available(enum dd_element element) {
    if (element == DD_FLOAT) return 1;
    if (!dd_isa_available(DD_AVX512)) return 0;
#if defined(__x86_64__)
    if (element == DD_BF16) return __builtin_cpu_supports("avx512bf16") != 0;
    if (element == DD_U8) return __builtin_cpu_supports("avx512vnni") != 0;
#endif
    return 0;
}

int dd_step_channels(enum dd_element element) { return step_channels(element); }

/// The loops of an element that is not float; that the CPU can run them is for the caller to ask.
static const struct narrow_kernels *kernels_of(enum dd_element element) {
    switch (element) {
#if defined(__x86_64__)
    case DD_BF16: return &dd_narrow_bf16;
    case DD_U8: return &dd_narrow_u8;
#endif
    default: __builtin_trap();
    }
}

/// The loops for two formats: of one element, or one of them float.
static const struct narrow_kernels *kernels_for(struct dd_format a, struct dd_format b) {
    require(a.element == b.element || a.element == DD_FLOAT || b.element == DD_FLOAT);
    return kernels_of(a.element == DD_FLOAT ? b.element : a.element);
}

/// All that a convolution reads and writes but its weights.
static void require_narrow_conv(
    const struct dd_narrow_conv *n, ptrdiff_t in_count, ptrdiff_t bias_count,
    ptrdiff_t residual_count, ptrdiff_t out_count
) {
    const struct dd_conv *c = &n->conv;
    require(n->in.element != DD_FLOAT);
    require(n->out.element == n->in.element || n->out.element == DD_FLOAT);
    require_value(c->in, n->in, in_count);
    require_narrow((struct dd_narrow_planes){c->out, n->out}, out_count);
    require_conv(*c);
    require(bias_count / 16 >= c->out.blocks);
    if (residual_count == 0) return;
    require(n->residual.element == n->in.element || n->residual.element == DD_FLOAT);
    require_narrow((struct dd_narrow_planes){n->residual_planes, n->residual}, residual_count);
    require(same_picture(n->residual_planes, c->out) && n->residual_planes.blocks >= c->out.blocks);
}

void dd_narrow_conv_rows(
    struct dd_narrow_conv conv, int32_t group, int32_t y0, int32_t y1, const uint8_t *in,
    ptrdiff_t in_count, const uint8_t *used, ptrdiff_t used_count, const uint8_t *weights,
    ptrdiff_t weights_count, const float *scales, ptrdiff_t scales_count, const float *bias,
    ptrdiff_t bias_count, const uint8_t *residual, ptrdiff_t residual_count, uint8_t *out,
    ptrdiff_t out_count
) {
    require_narrow_conv(&conv, in_count, bias_count, residual_count, out_count);
    require(within(0, group, (conv.conv.out.blocks - 1) / DD_NARROW_GROUP));
    const int32_t first = group * DD_NARROW_GROUP, left = conv.conv.out.blocks - first;
    const int32_t blocks = left < DD_NARROW_GROUP ? left : DD_NARROW_GROUP;
    require_rows(conv.conv.out, first, y0, y1);
    require(used_count >= conv.conv.in.blocks && scales_count / 16 >= conv.conv.out.blocks);
    const int32_t channels = step_channels(conv.in.element);
    int64_t steps = 0;
    for (int32_t b = 0; b < conv.conv.in.blocks; b++) {
        require(used[b] <= conv.conv.in.lanes);
        steps += (used[b] + channels - 1) / channels;
    }
    steps *= (int64_t)conv.conv.kernel_height * conv.conv.kernel_width;
    require(steps * blocks <= weights_count / 64);
    // Of bytes a sum stays below 2^31 for so many products.
    require(conv.in.element != DD_U8 || steps * channels <= DD_U8_PRODUCTS_MAX);
    const struct narrow_call call = {
        .c = conv,
        .first = first,
        .blocks = blocks,
        .y0 = y0,
        .y1 = y1,
        .in = in,
        .used = used,
        .weights = weights,
        .scales = scales + first * 16,
        .bias = bias + first * 16,
        .residual = residual_count > 0 ? residual : nullptr,
        .out = out,
    };
    kernels_of(conv.in.element)->conv_rows(&call);
}

/// Bytes of the transformed patches of so many rows.
static ptrdiff_t patches(struct dd_conv c, int64_t tiles) {
    return (ptrdiff_t)c.in.blocks * tiles * 16 * 16 * 2;
}

static int64_t winograd_tiles(struct dd_conv c, int32_t rows) {
    return ((int64_t)rows + 1) / 2 * (((int64_t)c.out.width + 1) / 2);
}

ptrdiff_t dd_winograd_scratch(struct dd_conv conv, int32_t rows) {
    require(rows >= 0 && within(1, conv.out.width, 1 << 19) && within(1, conv.in.blocks, 1 << 16));
    const int64_t tiles = winograd_tiles(conv, rows);
    return patches(conv, tiles) + tiles * 16 * 16 * 4 * DD_NARROW_GROUP;
}

void dd_winograd_rows(
    struct dd_narrow_conv conv, int32_t y0, int32_t y1, const uint8_t *in, ptrdiff_t in_count,
    const uint8_t *weights, ptrdiff_t weights_count, const float *scales, ptrdiff_t scales_count,
    const float *bias, ptrdiff_t bias_count, const uint8_t *residual, ptrdiff_t residual_count,
    uint8_t *scratch, ptrdiff_t scratch_count, uint8_t *out, ptrdiff_t out_count
) {
    require_narrow_conv(&conv, in_count, bias_count, residual_count, out_count);
    const struct dd_conv c = conv.conv;
    require(conv.in.element == DD_BF16 && c.in.lanes == 16);
    require(c.kernel_height == 3 && c.kernel_width == 3 && c.stride_height == 1);
    require(c.stride_width == 1 && c.dilation_height == 1 && c.dilation_width == 1);
    require_rows(c.out, 0, y0, y1);
    require(y0 % 2 == 0 && (y1 % 2 == 0 || y1 == c.out.height));
    require(scales_count / 16 >= c.out.blocks);
    const int64_t groups = (c.out.blocks + DD_NARROW_GROUP - 1) / DD_NARROW_GROUP;
    require((int64_t)c.in.blocks * c.out.blocks * 8 + groups <= weights_count / (16 * 64));
    require(dd_winograd_scratch(c, y1 - y0) <= scratch_count);
    if (y0 == y1) return;
    const struct narrow_call call = {
        .c = conv,
        .blocks = c.out.blocks,
        .y0 = y0,
        .y1 = y1,
        .in = in,
        .weights = weights,
        .scales = scales,
        .bias = bias,
        .residual = residual_count > 0 ? residual : nullptr,
        .scratch = scratch,
        .out = out,
    };
    dd_winograd_rows_bf16(&call);
}

void dd_narrow_depthwise_rows(
    struct dd_narrow_conv conv, int32_t block, int32_t y0, int32_t y1, const uint8_t *in,
    ptrdiff_t in_count, const float *weights, ptrdiff_t weights_count, const float *bias,
    ptrdiff_t bias_count, const uint8_t *residual, ptrdiff_t residual_count, uint8_t *out,
    ptrdiff_t out_count
) {
    require_narrow_conv(&conv, in_count, bias_count, residual_count, out_count);
    require(conv.conv.in.lanes == 16 && conv.conv.in.blocks >= conv.conv.out.blocks);
    require_rows(conv.conv.out, block, y0, y1);
    const int64_t cells = (int64_t)conv.conv.kernel_height * conv.conv.kernel_width;
    require(weights_count / 16 / cells >= conv.conv.out.blocks);
    const struct narrow_call call = {
        .c = conv,
        .first = block,
        .blocks = 1,
        .y0 = y0,
        .y1 = y1,
        .in = in,
        .weights = weights + block * cells * 16,
        .bias = bias + block * 16,
        .residual = residual_count > 0 ? residual : nullptr,
        .out = out,
    };
    kernels_of(conv.in.element)->depthwise_rows(&call);
}

void dd_narrow_max_pool_rows(
    struct dd_narrow_planes in_planes, struct dd_narrow_planes out_planes, int32_t kernel,
    int32_t stride, int32_t padding, int32_t block, int32_t y0, int32_t y1, const uint8_t *in,
    ptrdiff_t in_count, uint8_t *out, ptrdiff_t out_count
) {
    require_narrow(in_planes, in_count);
    require_narrow(out_planes, out_count);
    require_rows(out_planes.planes, block, y0, y1);
    require(block < in_planes.planes.blocks);
    // Each window meets the picture: it begins before its end and ends behind its beginning.
    require(within(1, kernel, 1 << 16) && within(1, stride, 1 << 11) && within(0, padding, kernel - 1));
    require((int64_t)(out_planes.planes.height - 1) * stride - padding < in_planes.planes.height);
    require((int64_t)(out_planes.planes.width - 1) * stride - padding < in_planes.planes.width);
    kernels_for(in_planes.format, out_planes.format)->max_pool_rows(
        in_planes, out_planes, kernel, stride, padding, block, y0, y1, in, out);
}

void dd_narrow_upsample_rows(
    struct dd_narrow_planes in_planes, struct dd_narrow_planes out_planes, int32_t factor,
    int32_t block, int32_t y0, int32_t y1, const uint8_t *in, ptrdiff_t in_count, uint8_t *out,
    ptrdiff_t out_count
) {
    require_narrow(in_planes, in_count);
    require_narrow(out_planes, out_count);
    require_rows(out_planes.planes, block, y0, y1);
    require(block < in_planes.planes.blocks && factor >= 1);
    require((int64_t)in_planes.planes.height * factor == out_planes.planes.height);
    require((int64_t)in_planes.planes.width * factor == out_planes.planes.width);
    kernels_for(in_planes.format, out_planes.format)->upsample_rows(
        in_planes, out_planes, factor, block, y0, y1, in, out);
}

void dd_narrow_add_rows(
    struct dd_narrow_planes x_planes, struct dd_narrow_planes y_planes,
    struct dd_narrow_planes out_planes, int32_t block, int32_t y0, int32_t y1, const uint8_t *x,
    ptrdiff_t x_count, const uint8_t *y, ptrdiff_t y_count, uint8_t *out, ptrdiff_t out_count
) {
    require_narrow(x_planes, x_count);
    require_narrow(y_planes, y_count);
    require_narrow(out_planes, out_count);
    require_rows(out_planes.planes, block, y0, y1);
    require(block < x_planes.planes.blocks && block < y_planes.planes.blocks);
    require(same_picture(x_planes.planes, out_planes.planes));
    require(same_picture(y_planes.planes, out_planes.planes));
    const struct narrow_kernels *const kernels = kernels_for(x_planes.format, out_planes.format);
    require(kernels == kernels_for(y_planes.format, out_planes.format));
    kernels->add_rows(x_planes, y_planes, out_planes, block, y0, y1, x, y, out);
}

void dd_narrow_means(
    struct dd_narrow_planes planes, int32_t block0, int32_t block1, const uint8_t *in,
    ptrdiff_t in_count, float *out, ptrdiff_t out_count
) {
    require_narrow(planes, in_count);
    require(0 <= block0 && block0 <= block1 && block1 <= planes.planes.blocks);
    require(out_count / 16 >= block1);
    kernels_of(planes.format.element)->means(planes, block0, block1, in, out);
}

/// A mixture of which `count` numbers from `first` on are wanted.
static struct mixture checked_mixture(
    enum dd_element element, int32_t experts, ptrdiff_t first, ptrdiff_t count, const float *alpha,
    ptrdiff_t alpha_count, const uint8_t *kernels, ptrdiff_t kernels_count
) {
    require(element == DD_FLOAT || element == DD_BF16);
    require(experts >= 1 && experts <= alpha_count);
    require(first >= 0 && first % EXPERT_RUN == 0 && count >= 0 && count % EXPERT_RUN == 0);
    const ptrdiff_t whole = kernels_count / element_bytes(element) / experts;
    require(first <= whole && count <= whole - first);
    return (struct mixture){
        .experts = experts,
        .alpha = alpha,
        .kernels = kernels + first * experts * element_bytes(element),
    };
}

void dd_pack_experts(
    int32_t experts, const float *kernels, ptrdiff_t kernels_count, uint8_t *out,
    ptrdiff_t out_count
) {
    require(experts >= 1 && kernels_count % experts == 0 && out_count / 2 >= kernels_count);
    const ptrdiff_t count = kernels_count / experts;
    require(count % EXPERT_RUN == 0);
    dd_pack_runs_bf16(experts, count, kernels, count / EXPERT_RUN, (uint16_t *)out);
}

void dd_mix_bf16(
    enum dd_element element, int32_t experts, ptrdiff_t first, const float *alpha,
    ptrdiff_t alpha_count, const uint8_t *kernels, ptrdiff_t kernels_count, uint8_t *out,
    ptrdiff_t out_count
) {
    require(out_count % 2 == 0);
    const struct mixture m = checked_mixture(
        element, experts, first, out_count / 2, alpha, alpha_count, kernels, kernels_count);
    dd_mix_rows_bf16(element, &m, out_count / 2, (uint16_t *)out);
}

void dd_winograd_group(
    enum dd_element element, int32_t experts, ptrdiff_t first, int32_t in_blocks, int32_t blocks,
    const float *alpha, ptrdiff_t alpha_count, const uint8_t *kernels, ptrdiff_t kernels_count,
    uint8_t *out, ptrdiff_t out_count
) {
    require(within(1, in_blocks, 1 << 16) && within(1, blocks, DD_NARROW_GROUP));
    const ptrdiff_t cell = (ptrdiff_t)in_blocks * blocks * 8 * 32;
    require(out_count / 2 / 16 >= cell + 32);
    const struct mixture m = checked_mixture(
        element, experts, first, cell * 9, alpha, alpha_count, kernels, kernels_count);
    dd_winograd_group_bf16(element, &m, in_blocks, blocks, (uint16_t *)out);
}

void dd_quantize_group(
    enum dd_element element, int32_t experts, ptrdiff_t first, int32_t blocks, struct dd_format in,
    const float *alpha, ptrdiff_t alpha_count, const uint8_t *kernels, ptrdiff_t kernels_count,
    float *scratch, ptrdiff_t scratch_count, float *scales,
    ptrdiff_t scales_count, float *bias, ptrdiff_t bias_count, uint8_t *out, ptrdiff_t out_count
) {
    require_format(in);
    require(within(1, blocks, DD_NARROW_GROUP) && out_count % (blocks * 64) == 0);
    require(scratch_count >= out_count);
    require(scales_count / 16 >= blocks && bias_count / 16 >= blocks);
    const struct mixture m = checked_mixture(
        element, experts, first, out_count, alpha, alpha_count, kernels, kernels_count);
    dd_quantize_group_u8(
        element, &m, blocks, out_count, in, scratch, scales, bias, (int8_t *)out);
}

#if !defined(__x86_64__)
// No CPU of this architecture says that it can.
void dd_winograd_rows_bf16(const struct narrow_call *) { __builtin_trap(); }
void dd_pack_runs_bf16(int32_t, ptrdiff_t, const float *, ptrdiff_t, uint16_t *) {
    __builtin_trap();
}
void dd_mix_rows_bf16(enum dd_element, const struct mixture *, ptrdiff_t, uint16_t *) {
    __builtin_trap();
}
void dd_winograd_group_bf16(
    enum dd_element, const struct mixture *, int32_t, int32_t, uint16_t *
) {
    __builtin_trap();
}
void dd_quantize_group_u8(
    enum dd_element, const struct mixture *, int32_t, ptrdiff_t, struct dd_format, float *, float *,
    float *, int8_t *
) {
    __builtin_trap();
}
#endif
