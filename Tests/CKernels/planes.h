// Values in the kernels' layout, seeded noise, and the counting of what went wrong.
#pragma once
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"

static uint64_t seed = 2306;
static int failures, comparisons;

/// Uniform in -1 ... 1 (xorshift*).
static float noise(void) {
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (float)((int32_t)(seed * 0x2545f4914f6cdd1d >> 32)) * 0x1p-31f;
}

static const float UNTOUCHED = 12345;

/// A value: planes filled with UNTOUCHED until something is put in.
struct value {
    struct dd_planes planes;
    ptrdiff_t count;
    float *floats;
};

static float *filled(ptrdiff_t count, float with) {
    float *made = malloc((size_t)(count > 0 ? count : 1) * sizeof(float));
    for (ptrdiff_t i = 0; i < count; i++) made[i] = with;
    return made;
}

static struct value value(int32_t channels, int32_t height, int32_t width, int32_t halo) {
    struct value v = {{(channels + 15) / 16, height, width, halo, 16}, 0, nullptr};
    v.count = (ptrdiff_t)v.planes.blocks * (height + 2 * halo) * (width + 2 * halo) * 16;
    v.floats = filled(v.count, UNTOUCHED);
    return v;
}

/// Where channel c of pixel (y, x) lies; y and x may reach into the halo.
static float *at(struct value v, int32_t c, int32_t y, int32_t x) {
    const struct dd_planes p = v.planes;
    const ptrdiff_t row = p.width + 2 * p.halo, column = p.height + 2 * p.halo;
    const ptrdiff_t pixel = (c / p.lanes * column + y + p.halo) * row + x + p.halo;
    return v.floats + pixel * p.lanes + c % p.lanes;
}

/// A value of noise in its channels and zeros around and behind them.
static struct value noisy(int32_t channels, int32_t height, int32_t width, int32_t halo) {
    struct value v = value(channels, height, width, halo);
    for (ptrdiff_t i = 0; i < v.count; i++) v.floats[i] = 0;
    for (int32_t c = 0; c < channels; c++)
        for (int32_t y = 0; y < height; y++)
            for (int32_t x = 0; x < width; x++) *at(v, c, y, x) = noise();
    return v;
}

/// Counts a number that is off, and shows the first few.
static void compare(const char *what, double found, double expected, double tolerance) {
    comparisons++;
    if (fabs(found - expected) <= tolerance) return;
    if (failures++ < 10)
        printf("%s: %.9g, expected %.9g within %.1g\n", what, found, expected, tolerance);
}

/// Nothing but the pixels of blocks block0 ..< block1 and rows y0 ..< y1 was written.
static void untouched(
    const char *what, struct value v, int32_t block0, int32_t block1, int32_t y0, int32_t y1
) {
    const struct dd_planes p = v.planes;
    for (int32_t c = 0; c < p.blocks * 16; c++)
        for (int32_t y = -p.halo; y < p.height + p.halo; y++)
            for (int32_t x = -p.halo; x < p.width + p.halo; x++)
                if (c < block0 * 16 || c >= block1 * 16 || y < y0 || y >= y1 || x < 0 || x >= p.width)
                    compare(what, *at(v, c, y, x), UNTOUCHED, 0);
}
