// The door: which instruction sets there are, and each call's arguments checked once.
#include <string.h>

#include "kernels.h"

int dd_isa_available(enum dd_isa isa) {
    switch (isa) {
    case DD_BASELINE: return 1;
#if defined(__x86_64__)
    // These ask the operating system too: whether it saves the wider registers.
    case DD_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
            && __builtin_cpu_supports("f16c");
    case DD_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#elif defined(__aarch64__)
    case DD_NEON: return 1;
#endif
    default: return 0;
    }
}

const struct kernels *kernels_of(enum dd_isa isa) {
    switch (isa) {
    case DD_BASELINE: return &dd_kernels_baseline;
#if defined(__x86_64__)
    case DD_AVX2: return &dd_kernels_avx2;
    case DD_AVX512: return &dd_kernels_avx512;
#elif defined(__aarch64__)
    case DD_NEON: return &dd_kernels_neon;
#endif
    default: __builtin_trap();
    }
}

struct expert_call expert_call(
    enum dd_isa isa, struct dd_experts experts, ptrdiff_t numbers, int32_t lanes,
    const float *alpha, ptrdiff_t alpha_count, const uint8_t *kernels, ptrdiff_t kernels_count,
    const float *scale, ptrdiff_t scale_count
) {
    require(within(1, experts.count, alpha_count) && experts.stride >= 0);
    require(!experts.halves || kernels_of(isa)->halves);
    require(scale_count == 0 || scale_count >= lanes);
    const ptrdiff_t held = kernels_count / (experts.halves ? 2 : 4), others = experts.count - 1;
    require(within(0, numbers, held));
    require(others == 0 || (held - numbers) / others >= experts.stride);
    return (struct expert_call){
        .experts = experts,
        .lanes = lanes,
        .alpha = alpha,
        .kernels = kernels,
        .scale = scale_count > 0 ? scale : nullptr,
    };
}

int dd_conv_group(enum dd_isa isa) { return kernels_of(isa)->group; }

/// A call of some rows, its weights and outputs checked; what it reads is for the caller to say.
static struct conv_call conv_call(
    enum dd_isa isa, struct dd_conv conv, int32_t group, int32_t y0, int32_t y1,
    const uint8_t *used, ptrdiff_t used_count, const float *weights, ptrdiff_t weights_count,
    const float *bias, ptrdiff_t bias_count, const float *residual, ptrdiff_t residual_count,
    struct dd_planes residual_planes, float *out, ptrdiff_t out_count
) {
    const int32_t most = kernels_of(isa)->group;
    require_blocks(conv.out, out_count);
    require_conv(conv);
    require(within(0, group, (conv.out.blocks - 1) / most));
    const int32_t first = group * most, left = conv.out.blocks - first;
    const int32_t blocks = left < most ? left : most;
    require_rows(conv.out, first, y0, y1);
    require_residual(residual_planes, conv.out, residual_count);
    require(used_count >= conv.in.blocks && bias_count / 16 >= conv.out.blocks);
    int64_t steps = 0;
    for (int32_t b = 0; b < conv.in.blocks; b++) {
        require(used[b] <= conv.in.lanes);
        steps += used[b];
    }
    require(steps * conv.kernel_height * conv.kernel_width * blocks <= weights_count / 16);
    return (struct conv_call){
        .conv = conv,
        .first = first,
        .blocks = blocks,
        .y0 = y0,
        .y1 = y1,
        .used = used,
        .weights = weights,
        .bias = bias + first * 16,
        .residual = residual_count > 0 ? residual : nullptr,
        .residual_planes = residual_planes,
        .out = out,
    };
}

void dd_conv_rows(
    enum dd_isa isa, struct dd_conv conv, int32_t group, int32_t y0, int32_t y1, const float *in,
    ptrdiff_t in_count, const uint8_t *used, ptrdiff_t used_count, const float *weights,
    ptrdiff_t weights_count, const float *bias, ptrdiff_t bias_count, const float *residual,
    ptrdiff_t residual_count, struct dd_planes residual_planes, float *out, ptrdiff_t out_count
) {
    require_planes(conv.in, in_count);
    struct conv_call call = conv_call(
        isa, conv, group, y0, y1, used, used_count, weights, weights_count, bias, bias_count,
        residual, residual_count, residual_planes, out, out_count);
    call.in = in;
    kernels_of(isa)->conv_rows(&call);
}

/// The rows of a picture that `rows` rows of windows meet, with the picture's halo.
static struct dd_planes strip_planes(struct dd_conv conv, int32_t rows) {
    require_conv(conv);
    require(conv.in.blocks == 1 && conv.in.lanes == 4 && within(1, rows, conv.out.height));
    require(within(1, conv.in.height, 1 << 19) && within(1, conv.out.height, 1 << 19));
    const int64_t height = (int64_t)(rows - 1) * conv.stride_height
        + (int64_t)(conv.kernel_height - 1) * conv.dilation_height + 1;
    require(within(1, height, 1 << 19));
    struct dd_planes strip = conv.in;
    strip.height = (int32_t)height;
    require_planes(strip, PTRDIFF_MAX);
    return strip;
}

ptrdiff_t dd_strip_count(struct dd_conv conv, int32_t rows) {
    return plane_floats(strip_planes(conv, rows));
}

void dd_load_strip(
    enum dd_isa isa, struct dd_conv conv, int32_t y0, int32_t y1, const uint8_t *pixels,
    ptrdiff_t pixels_count, float *strip, ptrdiff_t strip_count
) {
    const struct dd_planes planes = strip_planes(conv, y1 - y0);
    require_planes(planes, strip_count);
    require_rows(conv.out, 0, y0, y1);
    const ptrdiff_t row_bytes = (ptrdiff_t)conv.in.width * 3, row = row_floats(planes);
    require(pixels_count / row_bytes >= conv.in.height);

    // Row `top` of the picture is the strip's first.
    const int64_t top = (int64_t)y0 * conv.stride_height - conv.padding_height;
    const int64_t last = top + planes.height;
    const int64_t begin = top < 0 ? 0 : top, end = last < conv.in.height ? last : conv.in.height;
    float *line = strip + pixel(planes, 0, 0, -planes.halo);
    for (int64_t y = top; y < last; y++, line += row) {
        const bool is_inside = begin <= y && y < end;
        const ptrdiff_t side = is_inside ? (ptrdiff_t)planes.halo * 4 : row;
        memset(line, 0, (size_t)side * sizeof(float));
        if (is_inside) memset(line + row - side, 0, (size_t)side * sizeof(float));
    }
    if (begin < end)
        kernels_of(isa)->load_pixels(
            planes, (int32_t)(begin - top), (int32_t)(end - top), pixels + begin * row_bytes,
            pixels + pixels_count, strip);
}

void dd_strip_rows(
    enum dd_isa isa, struct dd_conv conv, int32_t group, int32_t y0, int32_t y1,
    const float *strip, ptrdiff_t strip_count, const uint8_t *used, ptrdiff_t used_count,
    const float *weights, ptrdiff_t weights_count, const float *bias, ptrdiff_t bias_count,
    const float *residual, ptrdiff_t residual_count, struct dd_planes residual_planes, float *out,
    ptrdiff_t out_count
) {
    const struct dd_planes planes = strip_planes(conv, y1 - y0);
    require_planes(planes, strip_count);
    struct conv_call call = conv_call(
        isa, conv, group, y0, y1, used, used_count, weights, weights_count, bias, bias_count,
        residual, residual_count, residual_planes, out, out_count);
    // The strip is a picture of its own that is not padded above, and the output begins with row y0.
    call.conv.in = planes;
    call.conv.padding_height = 0;
    call.in = strip;
    call.out += y0 * row_floats(conv.out);
    if (call.residual) call.residual += y0 * row_floats(residual_planes);
    call.y0 = 0;
    call.y1 = y1 - y0;
    kernels_of(isa)->conv_rows(&call);
}

void dd_depthwise_rows(
    enum dd_isa isa, struct dd_conv conv, int32_t block, int32_t y0, int32_t y1, const float *in,
    ptrdiff_t in_count, const float *weights, ptrdiff_t weights_count, const float *bias,
    ptrdiff_t bias_count, const float *residual, ptrdiff_t residual_count,
    struct dd_planes residual_planes, float *out, ptrdiff_t out_count
) {
    require_blocks(conv.in, in_count);
    require_blocks(conv.out, out_count);
    require_conv(conv);
    require(conv.in.blocks >= conv.out.blocks);
    require_rows(conv.out, block, y0, y1);
    require_residual(residual_planes, conv.out, residual_count);
    const int64_t cells = (int64_t)conv.kernel_height * conv.kernel_width;
    require(weights_count / 16 / cells >= conv.out.blocks && bias_count / 16 >= conv.out.blocks);
    const struct conv_call call = {
        .conv = conv,
        .first = block,
        .blocks = 1,
        .y0 = y0,
        .y1 = y1,
        .in = in,
        .weights = weights + block * cells * 16,
        .bias = bias + block * 16,
        .residual = residual_count > 0 ? residual : nullptr,
        .residual_planes = residual_planes,
        .out = out,
    };
    kernels_of(isa)->depthwise_rows(&call);
}

void dd_max_pool_rows(
    enum dd_isa isa, struct dd_planes in_planes, struct dd_planes out_planes, int32_t kernel,
    int32_t stride, int32_t padding, int32_t block, int32_t y0, int32_t y1, const float *in,
    ptrdiff_t in_count, float *out, ptrdiff_t out_count
) {
    require_blocks(in_planes, in_count);
    require_blocks(out_planes, out_count);
    require_rows(out_planes, block, y0, y1);
    require(block < in_planes.blocks);
    // Each window meets the picture: it begins before its end and ends behind its beginning.
    require(within(1, kernel, 1 << 16) && within(1, stride, 1 << 11) && within(0, padding, kernel - 1));
    require((int64_t)(out_planes.height - 1) * stride - padding < in_planes.height);
    require((int64_t)(out_planes.width - 1) * stride - padding < in_planes.width);
    kernels_of(isa)->max_pool_rows(
        in_planes, out_planes, kernel, stride, padding, block, y0, y1, in, out);
}

void dd_upsample_rows(
    enum dd_isa isa, struct dd_planes in_planes, struct dd_planes out_planes, int32_t factor,
    int32_t block, int32_t y0, int32_t y1, const float *in, ptrdiff_t in_count, float *out,
    ptrdiff_t out_count
) {
    require_blocks(in_planes, in_count);
    require_blocks(out_planes, out_count);
    require_rows(out_planes, block, y0, y1);
    require(block < in_planes.blocks && factor >= 1);
    require((int64_t)in_planes.height * factor == out_planes.height);
    require((int64_t)in_planes.width * factor == out_planes.width);
    kernels_of(isa)->upsample_rows(in_planes, out_planes, factor, block, y0, y1, in, out);
}

void dd_add_rows(
    enum dd_isa isa, struct dd_planes x_planes, struct dd_planes y_planes,
    struct dd_planes out_planes, int32_t block, int32_t y0, int32_t y1, const float *x,
    ptrdiff_t x_count, const float *y, ptrdiff_t y_count, float *out, ptrdiff_t out_count
) {
    require_blocks(x_planes, x_count);
    require_blocks(y_planes, y_count);
    require_blocks(out_planes, out_count);
    require_rows(out_planes, block, y0, y1);
    require(block < x_planes.blocks && block < y_planes.blocks);
    require(same_picture(x_planes, out_planes) && same_picture(y_planes, out_planes));
    kernels_of(isa)->add_rows(x_planes, y_planes, out_planes, block, y0, y1, x, y, out);
}

void dd_means(
    enum dd_isa isa, struct dd_planes planes, int32_t block0, int32_t block1, const float *in,
    ptrdiff_t in_count, float *out, ptrdiff_t out_count
) {
    require_blocks(planes, in_count);
    require(0 <= block0 && block0 <= block1 && block1 <= planes.blocks);
    require(out_count / 16 >= block1);
    kernels_of(isa)->means(planes, block0, block1, in, out);
}

void dd_tops(
    enum dd_isa isa, struct dd_planes planes, int32_t channels, int32_t y0, int32_t y1,
    const float *in, ptrdiff_t in_count, float *out, ptrdiff_t out_count
) {
    require_blocks(planes, in_count);
    require(within(1, channels, (int64_t)planes.blocks * 16));
    require(out_count / planes.height >= planes.blocks);
    require_rows(planes, 0, y0, y1);
    kernels_of(isa)->tops(planes, channels, y0, y1, in, out);
}

void dd_load_pixels(
    enum dd_isa isa, struct dd_planes planes, int32_t y0, int32_t y1, const uint8_t *pixels,
    ptrdiff_t pixels_count, float *out, ptrdiff_t out_count
) {
    require_planes(planes, out_count);
    require_rows(planes, 0, y0, y1);
    require(pixels_count / 3 / planes.width >= y1 - y0);
    kernels_of(isa)->load_pixels(planes, y0, y1, pixels, pixels + pixels_count, out);
}

void dd_mix(
    enum dd_isa isa, int32_t experts, ptrdiff_t stride, ptrdiff_t first, const float *alpha,
    ptrdiff_t alpha_count, const float *kernels, ptrdiff_t kernels_count, float *out,
    ptrdiff_t out_count
) {
    require(experts >= 1 && experts <= alpha_count && stride >= 0 && first >= 0 && out_count >= 0);
    require(first <= stride && out_count <= stride - first && kernels_count / experts >= stride);
    kernels_of(isa)->mix(experts, stride, alpha, kernels + first, out_count, out);
}

int dd_pack_halves(
    enum dd_isa isa, const float *numbers, ptrdiff_t count, uint8_t *out, ptrdiff_t out_count
) {
    require(count >= 0 && count % 16 == 0 && out_count / 2 >= count);
    return kernels_of(isa)->pack_halves(numbers, count, out);
}

void dd_mix_experts(
    enum dd_isa isa, struct dd_experts experts, ptrdiff_t first, const float *alpha,
    ptrdiff_t alpha_count, const uint8_t *kernels, ptrdiff_t kernels_count, const float *scale,
    ptrdiff_t scale_count, float *out, ptrdiff_t out_count
) {
    require(within(16, scale_count, 1 << 20) && scale_count % 16 == 0);
    require(within(0, first, experts.stride) && within(0, out_count, experts.stride - first));
    require(first % scale_count == 0 && out_count % scale_count == 0);
    const struct expert_call call = expert_call(
        isa, experts, first + out_count, (int32_t)scale_count, alpha, alpha_count, kernels,
        kernels_count, scale, scale_count);
    kernels_of(isa)->mix_experts(&call, first, out_count, out);
}

int64_t dd_peak(enum dd_isa isa, int64_t rounds, float *result, ptrdiff_t result_count) {
    require(within(0, rounds, 1 << 30) && result_count == 2);
    result[0] = kernels_of(isa)->peak(rounds, result[0], result[1]);
    return rounds * kernels_of(isa)->sums * 2;
}
