// Where a pixel lies in a value's planes, and the checks at the door. Private to this target.
#pragma once
#include <stdbool.h>

#include "CKernels.h"

/// Stops the program: a caller of ours asked for what cannot be. Cheap enough to stay in release.
static inline void require(bool holds) {
    if (!holds) __builtin_trap();
}

/// Floats from a row to the next.
static inline ptrdiff_t row_floats(struct dd_planes p) {
    return ((ptrdiff_t)p.width + 2 * p.halo) * p.lanes;
}

/// Floats from a plane to the next.
static inline ptrdiff_t plane_floats(struct dd_planes p) {
    return ((ptrdiff_t)p.height + 2 * p.halo) * row_floats(p);
}

/// Floats from the first plane's first halo pixel to a pixel; y and x count from inside the halo.
static inline ptrdiff_t pixel(struct dd_planes p, ptrdiff_t block, ptrdiff_t y, ptrdiff_t x) {
    return block * plane_floats(p) + (y + p.halo) * row_floats(p) + (x + p.halo) * p.lanes;
}

static inline bool within(int64_t low, int64_t value, int64_t high) {
    return low <= value && value <= high;
}

/// The planes have a size that can be, and lie within `count` floats.
///
/// The sides' limits keep every product here and in `pixel` below 2^62.
static inline void require_planes(struct dd_planes p, ptrdiff_t count) {
    require(within(1, p.blocks, 1 << 16) && within(1, p.height, 1 << 19));
    require(within(1, p.width, 1 << 19) && within(0, p.halo, 1 << 18));
    require(p.lanes == 16 || p.lanes == 4);
    require(p.blocks * plane_floats(p) <= count);
}

/// As above, for the kernels that know whole vectors of channels only.
static inline void require_blocks(struct dd_planes p, ptrdiff_t count) {
    require(p.lanes == 16);
    require_planes(p, count);
}

static inline void require_rows(struct dd_planes p, int32_t block, int32_t y0, int32_t y1) {
    require(within(0, block, p.blocks - 1));
    require(0 <= y0 && y0 <= y1 && y1 <= p.height);
}

static inline bool same_picture(struct dd_planes a, struct dd_planes b) {
    return a.height == b.height && a.width == b.width;
}

/// The last cell that an axis of the output reads lies within the input's halo, as does the first.
static inline bool axis_fits(
    int64_t in, int64_t halo, int64_t out, int64_t kernel, int64_t stride, int64_t padding,
    int64_t dilation
) {
    const int64_t most = 1 << 18;
    return within(1, kernel, most) && within(1, stride, most) && within(1, dilation, most)
        && within(0, padding, halo)
        && (out - 1) * stride - padding + (kernel - 1) * dilation < in + halo;
}

static inline void require_conv(struct dd_conv c) {
    require(axis_fits(
        c.in.height, c.in.halo, c.out.height, c.kernel_height, c.stride_height, c.padding_height,
        c.dilation_height));
    require(axis_fits(
        c.in.width, c.in.halo, c.out.width, c.kernel_width, c.stride_width, c.padding_width,
        c.dilation_width));
    require(within(DD_IDENTITY, c.activation, DD_HARDSWISH));
}

static inline void require_residual(struct dd_planes residual, struct dd_planes out, ptrdiff_t count) {
    if (count == 0) return;
    require_blocks(residual, count);
    require(same_picture(residual, out) && residual.blocks >= out.blocks);
}
