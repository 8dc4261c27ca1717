// The door of Winograd's convolution: arguments checked once a call.
#include "kernels.h"

/// Floats of a transformed tile.
static ptrdiff_t tile_floats(struct dd_conv c) {
    return c.stride_height == 2 ? DD_WINOGRAD_HALVED_TILE : DD_WINOGRAD_TILE;
}

/// A convolution that can be done so, and tiles that it has; all products below 2^62.
static void require_tiles(struct dd_conv c, int32_t tile0, int32_t tile1) {
    require_conv(c);
    require(c.kernel_height == 3 && c.kernel_width == 3);
    require(within(1, c.stride_height, 2) && c.stride_width == c.stride_height);
    require(c.dilation_height == 1 && c.dilation_width == 1);
    const int64_t tiles = ((int64_t)c.out.height + 3) / 4 * ((c.out.width + 3) / 4);
    require(0 <= tile0 && tile0 < tile1 && tile1 <= tiles && tiles < INT32_MAX);
}

void dd_winograd_input(
    enum dd_isa isa, struct dd_conv conv, int32_t tile0, int32_t tile1, int32_t block0,
    int32_t block1, const float *in, ptrdiff_t in_count, float *tiles, ptrdiff_t tiles_count
) {
    require_blocks(conv.in, in_count);
    require_tiles(conv, tile0, tile1);
    require(0 <= block0 && block0 <= block1 && block1 <= conv.in.blocks);
    require(tiles_count / tile_floats(conv) / (tile1 - tile0) >= conv.in.blocks);
    const struct winograd_call call = {
        .conv = conv,
        .tile0 = tile0,
        .tile1 = tile1,
        .block0 = block0,
        .block1 = block1,
        .in = in,
        .tiles = tiles,
    };
    kernels_of(isa)->winograd_input(&call);
}

void dd_winograd_output(
    enum dd_isa isa, struct dd_conv conv, int32_t group, int32_t tile0, int32_t tile1,
    const float *tiles, ptrdiff_t tiles_count, const uint8_t *used, ptrdiff_t used_count,
    const float *weights, ptrdiff_t weights_count, const float *bias, ptrdiff_t bias_count,
    const float *residual, ptrdiff_t residual_count, struct dd_planes residual_planes, float *sums,
    ptrdiff_t sums_count, float *out, ptrdiff_t out_count
) {
    const struct kernels *kernels = kernels_of(isa);
    require_blocks(conv.out, out_count);
    require_tiles(conv, tile0, tile1);
    require(within(1, conv.in.blocks, 1 << 16));
    require(within(0, group, (conv.out.blocks - 1) / kernels->group));
    const int32_t first = group * kernels->group, left = conv.out.blocks - first;
    const int32_t blocks = left < kernels->group ? left : kernels->group;
    require_residual(residual_planes, conv.out, residual_count);
    require(used_count >= conv.in.blocks && bias_count / 16 >= conv.out.blocks);
    int64_t steps = 0;
    for (int32_t b = 0; b < conv.in.blocks; b++) {
        require(used[b] <= 16);
        steps += used[b];
    }
    require((steps * blocks + 1) * 36 <= weights_count / 16);
    require(tiles_count / tile_floats(conv) / (tile1 - tile0) >= conv.in.blocks);
    require(sums_count / tile_floats(conv) / (tile1 - tile0) >= blocks);
    const struct winograd_call call = {
        .conv = conv,
        .tile0 = tile0,
        .tile1 = tile1,
        .first = first,
        .blocks = blocks,
        .tiles = (float *)tiles,
        .used = used,
        .weights = weights,
        .bias = bias,
        .residual = residual_count > 0 ? residual : nullptr,
        .residual_planes = residual_planes,
        .sums = sums,
        .out = out,
    };
    kernels->winograd_output(&call);
}

void dd_winograd_weights(
    enum dd_isa isa, int32_t window_stride, struct dd_experts experts, int32_t blocks,
    int32_t block0, int32_t block1, const float *alpha, ptrdiff_t alpha_count,
    const uint8_t *kernels, ptrdiff_t kernels_count, const float *scale, ptrdiff_t scale_count,
    const uint8_t *used, ptrdiff_t used_count, float *out, ptrdiff_t out_count
) {
    require(within(1, window_stride, 2) && within(1, blocks, kernels_of(isa)->group));
    require(0 <= block0 && block0 <= block1 && block1 <= used_count && used_count <= 1 << 16);
    int64_t steps = 0;
    for (ptrdiff_t b = 0; b < used_count; b++) {
        require(used[b] <= 16);
        steps += used[b];
    }
    const int64_t lanes = steps * blocks * 16;
    require((lanes + 16) * 36 <= out_count);
    const struct expert_call call = expert_call(
        isa, experts, lanes * 9, blocks * 16, alpha, alpha_count, kernels, kernels_count, scale,
        scale_count);
    kernels_of(isa)->winograd_weights(
        window_stride, &call, used, (int32_t)used_count, block0, block1, out);
}
