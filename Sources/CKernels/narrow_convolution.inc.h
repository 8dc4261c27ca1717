// The convolution of narrow values: the tile of convolution.inc.h, where a step takes 4 bytes of each
// pixel (2 channels of bfloat16, 4 of bytes) and 64 bytes of weights a block. Its sums pass through a
// small buffer to their end, so that the tile keeps all registers.

#define WIDTH_MAX 14
#define GROUP DD_NARROW_GROUP
#define WIDTHS(F, ...) \
    F(1, __VA_ARGS__) F(2, __VA_ARGS__) F(3, __VA_ARGS__) F(4, __VA_ARGS__) F(5, __VA_ARGS__) \
    F(6, __VA_ARGS__) F(7, __VA_ARGS__) F(8, __VA_ARGS__) F(9, __VA_ARGS__) F(10, __VA_ARGS__) \
    F(11, __VA_ARGS__) F(12, __VA_ARGS__) F(13, __VA_ARGS__) F(14, __VA_ARGS__)

/// Tiles whose sums are ended together: 80 pixels are whole groups of four, for what is stored so.
#define TILES_ENDED 6

/// What all tiles of a call share; distances in bytes.
struct window {
    ptrdiff_t plane, row, column, pixel;
    int32_t in_blocks, height, width;
    const uint8_t *used;  // null: all of every block
    const uint8_t *weights;
};

typedef void sums(const struct window *w, const uint8_t *in, float *out, ptrdiff_t out_plane);

#if defined(NARROW_IS_BF16)
typedef __m512 sum_vector;
INLINE sum_vector no_sum(void) { return _mm512_setzero_ps(); }
INLINE sum_vector dot(sum_vector sum, __m512i x, __m512i weight) {
    return _mm512_dpbf16_ps(sum, (__m512bh)weight, (__m512bh)x);
}
INLINE vec floats(sum_vector sum) { return (vec)sum; }
#else
typedef __m512i sum_vector;
INLINE sum_vector no_sum(void) { return _mm512_setzero_si512(); }
INLINE sum_vector dot(sum_vector sum, __m512i x, __m512i weight) {
    return _mm512_dpbusd_epi32(sum, x, weight);
}
INLINE vec floats(sum_vector sum) { return (vec)_mm512_cvtepi32_ps(sum); }
#endif

INLINE int32_t four_bytes(const uint8_t *from) {
    typedef int32_t word __attribute__((aligned(1), may_alias));
    return *(const word *)from;
}

/// One step: 4 bytes of each pixel.
INLINE void step(
    const int pixels, const int blocks, const ptrdiff_t distance, sum_vector sum[WIDTH_MAX][GROUP],
    const uint8_t *cell, const uint8_t *weights
) {
    __m512i weight[GROUP];
    UNROLL for (int v = 0; v < blocks; v++) weight[v] = _mm512_loadu_si512(weights + v * 64);
    UNROLL for (int m = 0; m < pixels; m++) {
        const __m512i x = _mm512_set1_epi32(four_bytes(cell + m * distance));
        UNROLL for (int v = 0; v < blocks; v++) sum[m][v] = dot(sum[m][v], x, weight[v]);
    }
}

INLINE void tile(
    const int pixels, const int blocks, const ptrdiff_t distance, const struct window *w,
    const uint8_t *in, float *out, ptrdiff_t out_plane
) {
    sum_vector sum[WIDTH_MAX][GROUP];
    UNROLL for (int v = 0; v < blocks; v++)
        UNROLL for (int m = 0; m < pixels; m++) sum[m][v] = no_sum();
    const uint8_t *weights = w->weights;
    for (int32_t b = 0; b < w->in_blocks; b++) {
        const int32_t steps = ((w->used ? w->used[b] : 16) + STEP - 1) / STEP;
        if (steps == 0) continue;
        const uint8_t *top = in + b * w->plane;
        for (int32_t ky = 0; ky < w->height; ky++) {
            const uint8_t *cell = top + ky * w->row;
            for (int32_t kx = 0; kx < w->width; kx++, cell += w->column) {
                if (steps == 16 / STEP) {
                    _Pragma("clang loop unroll_count(4)")
                    for (int32_t i = 0; i < 16 / STEP; i++, weights += blocks * 64)
                        step(pixels, blocks, distance, sum, cell + i * 4, weights);
                } else {
                    _Pragma("clang loop unroll(disable)")
                    for (int32_t i = 0; i < steps; i++, weights += blocks * 64)
                        step(pixels, blocks, distance, sum, cell + i * 4, weights);
                }
            }
        }
    }
    UNROLL for (int v = 0; v < blocks; v++)
        UNROLL for (int m = 0; m < pixels; m++)
            store(out + v * out_plane + m * 16, floats(sum[m][v]));
}

// A function for each width, block count and distance, so that registers are given out for it alone.
#define TILE(m, blocks, name, distance)                                                        \
    static void sums_##blocks##_##name##_##m(                                                  \
        const struct window *w, const uint8_t *in, float *out, ptrdiff_t out_plane) {          \
        tile(m, blocks, distance, w, in, out, out_plane);                                      \
    }
#define TILES(m, blocks)                      \
    TILE(m, blocks, dense, 16 * BYTES)        \
    TILE(m, blocks, halved, 32 * BYTES)       \
    TILE(m, blocks, any, w->pixel)
WIDTHS(TILES, 1)
WIDTHS(TILES, 2)
#define ENTRY_DENSE(m, blocks) sums_##blocks##_dense_##m,
#define ENTRY_HALVED(m, blocks) sums_##blocks##_halved_##m,
#define ENTRY_ANY(m, blocks) sums_##blocks##_any_##m,
#define ENTRIES(blocks) \
    {{WIDTHS(ENTRY_DENSE, blocks)}, {WIDTHS(ENTRY_HALVED, blocks)}, {WIDTHS(ENTRY_ANY, blocks)}}
static sums *const tiles[GROUP][3][WIDTH_MAX] = {ENTRIES(1), ENTRIES(2)};

/// The tiles of so many blocks for pixels `distance` bytes apart: entry m - 1 makes m pixels.
static sums *const *tiles_for(int32_t blocks, ptrdiff_t distance) {
    return tiles[blocks - 1][distance == 16 * BYTES ? 0 : distance == 32 * BYTES ? 1 : 2];
}

static void conv_rows(const struct narrow_call *call) {
    const struct dd_conv *c = &call->c.conv;
    const struct window w = {
        .plane = plane_floats(c->in) * BYTES,
        .row = c->dilation_height * row_floats(c->in) * BYTES,
        .column = (ptrdiff_t)c->dilation_width * c->in.lanes * BYTES,
        .pixel = (ptrdiff_t)c->stride_width * c->in.lanes * BYTES,
        .in_blocks = c->in.blocks,
        .height = c->kernel_height,
        .width = c->kernel_width,
        .used = call->used,
        .weights = call->weights,
    };
    const struct ending e = {.call = call, .inverse = 1.0f / call->c.out.scale};
    const ptrdiff_t out_pixel = 16 * element_bytes(call->c.out.element);
    const ptrdiff_t residual_pixel = 16 * element_bytes(call->c.residual.element);
    const ptrdiff_t out_plane = plane_floats(c->out) / 16 * out_pixel;
    const ptrdiff_t residual_plane = plane_floats(call->c.residual_planes) / 16 * residual_pixel;
    sums *const *const sums_of = tiles_for(call->blocks, w.pixel);
    // A row is cut evenly: 20 pixels are 10 + 10 and not 14 + 6. Some tiles are ended together.
    const int32_t count = (c->out.width + WIDTH_MAX - 1) / WIDTH_MAX;
    const int32_t narrow = c->out.width / count, wider = c->out.width % count;
    float sum[GROUP][TILES_ENDED * WIDTH_MAX * 16] __attribute__((aligned(64)));
    for (int32_t y = call->y0; y < call->y1; y++) {
        const uint8_t *in = call->in
            + byte(c->in, call->c.in, 0, (ptrdiff_t)y * c->stride_height - c->padding_height,
                   -c->padding_width);
        uint8_t *out = call->out + byte(c->out, call->c.out, call->first, y, 0);
        const uint8_t *residual = call->residual
            ? call->residual
                + byte(call->c.residual_planes, call->c.residual, call->first, y, 0) : nullptr;
        for (int32_t i = 0, pixels; i < count;) {
            pixels = 0;
            for (int32_t end = smaller(count, i + TILES_ENDED), m; i < end; i++, pixels += m) {
                m = narrow + (i < wider);
                sums_of[m - 1](&w, in, sum[0] + pixels * 16, sizeof sum[0] / sizeof(float));
                in += m * w.pixel;
            }
            for (int32_t b = 0; b < call->blocks; b++)
                end(
                    &e, sum[b], call->scales + b * 16, call->bias + b * 16,
                    residual ? residual + b * residual_plane : nullptr, out + b * out_plane, pixels);
            out += pixels * out_pixel;
            if (residual) residual += pixels * residual_pixel;
        }
    }
}
