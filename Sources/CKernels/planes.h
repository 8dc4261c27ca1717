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
