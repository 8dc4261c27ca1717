// The convolution: a tile of output pixels kept in registers while the whole window passes by.
//
// A tile is up to WIDTH neighbours in a row, times the blocks of the weight group. Each step takes
// one input channel: its value is broadcast from each pixel and multiplied with 16 weights a block.
// Weights are read one after the other, once a tile. Every output lane starts at its bias and adds
// its products in the order of the weights; the tile's size changes nothing in that.

/// Input blocks from which on the weights of a tile fill the nearest cache.
#define BLOCKS_FAR 20

/// What all tiles of a call share.
struct window {
    ptrdiff_t plane, row, column;  // floats between input blocks, window rows, window columns
    ptrdiff_t pixel;               // floats between the inputs of neighbouring output pixels
    int32_t in_blocks, height, width;
    const uint8_t *used;
    const float *weights;
    const float *bias;
};

typedef void sums(const struct window *w, const float *in, float *out, ptrdiff_t out_plane);

/// `step` is `w->pixel`, as a constant where it is one of the common.
INLINE void tile(
    const int pixels, const int blocks, const ptrdiff_t step, const struct window *w,
    const float *in, float *out, const ptrdiff_t out_plane
) {
    const int vectors = blocks * PARTS;
    vec sum[WIDTH_MAX][GROUP * PARTS];
    UNROLL for (int v = 0; v < vectors; v++) {
        vec bias = load(w->bias + v * LANES);
        UNROLL for (int m = 0; m < pixels; m++) sum[m][v] = bias;
    }
    const float *weights = w->weights;
    for (int32_t b = 0; b < w->in_blocks; b++) {
        const int32_t steps = w->used[b];
        if (steps == 0) continue;
        const float *top = in + b * w->plane;
        // What comes next is asked for: the next block's pixels where the nearest cache would have lost
        // those of the next tile by then, for the weights of so many blocks pass through it.
        const ptrdiff_t ahead =
            w->in_blocks >= BLOCKS_FAR && b + 1 < w->in_blocks ? w->plane : pixels * step;
        for (int32_t ky = 0; ky < w->height; ky++) {
            const float *cell = top + ky * w->row;
            for (int32_t kx = 0; kx < w->width; kx++, cell += w->column) {
                UNROLL for (int m = 0; m < pixels; m++)
                    __builtin_prefetch(cell + ahead + m * step);
                _Pragma("clang loop unroll(disable)")
                for (int32_t i = 0; i < steps; i++, weights += vectors * LANES) {
                    vec weight[GROUP * PARTS];
                    UNROLL for (int v = 0; v < vectors; v++) weight[v] = load(weights + v * LANES);
                    UNROLL for (int m = 0; m < pixels; m++) {
                        vec x = (vec)cell[m * step + i];
                        UNROLL for (int v = 0; v < vectors; v++)
                            sum[m][v] = fused(x, weight[v], sum[m][v]);
                    }
                }
            }
        }
    }
    UNROLL for (int v = 0; v < vectors; v++) {
        float *to = out + v / PARTS * out_plane + v % PARTS * LANES;
        UNROLL for (int m = 0; m < pixels; m++) store(to + m * 16, sum[m][v]);
    }
}

// A function for each width, block count and step, so that registers are given out for it alone.
#define TILE(m, blocks, name, step)                                                          \
    static void sums_##blocks##_##name##_##m(const struct window *w, const float *in, float *out, ptrdiff_t out_plane) { \
        tile(m, blocks, step, w, in, out, out_plane);                                                   \
    }
#define TILES(m, blocks)             \
    TILE(m, blocks, dense, 16)       \
    TILE(m, blocks, halved, 32)      \
    TILE(m, blocks, picture, 8)      \
    TILE(m, blocks, any, w->pixel)
WIDTHS(TILES, 1)
#define ENTRY_DENSE(m, blocks) sums_##blocks##_dense_##m,
#define ENTRY_HALVED(m, blocks) sums_##blocks##_halved_##m,
#define ENTRY_PICTURE(m, blocks) sums_##blocks##_picture_##m,
#define ENTRY_ANY(m, blocks) sums_##blocks##_any_##m,
#define ENTRIES(blocks)                                                \
    {{WIDTHS(ENTRY_DENSE, blocks)}, {WIDTHS(ENTRY_HALVED, blocks)},    \
     {WIDTHS(ENTRY_PICTURE, blocks)}, {WIDTHS(ENTRY_ANY, blocks)}}
#if GROUP == 2
WIDTHS(TILES, 2)
static sums *const tiles[2][4][WIDTH_MAX] = {ENTRIES(1), ENTRIES(2)};
#else
static sums *const tiles[1][4][WIDTH_MAX] = {ENTRIES(1)};
#endif

/// The tiles of so many blocks for pixels `step` floats apart: entry m - 1 makes m pixels.
static sums *const *tiles_for(int32_t blocks, ptrdiff_t step) {
    return tiles[blocks - 1][step == 16 ? 0 : step == 32 ? 1 : step == 8 ? 2 : 3];
}

static void conv_rows(const struct conv_call *call) {
    const struct dd_conv *c = &call->conv;
    const struct window w = {
        .plane = plane_floats(c->in),
        .row = c->dilation_height * row_floats(c->in),
        .column = (ptrdiff_t)c->dilation_width * c->in.lanes,
        .pixel = (ptrdiff_t)c->stride_width * c->in.lanes,
        .in_blocks = c->in.blocks,
        .height = c->kernel_height,
        .width = c->kernel_width,
        .used = call->used,
        .weights = call->weights,
        .bias = call->bias,
    };
    const ptrdiff_t out_plane = plane_floats(c->out);
    const ptrdiff_t residual_plane = plane_floats(call->residual_planes);
    sums *const *const sums_of = tiles_for(call->blocks, w.pixel);
    // A row is cut evenly: 20 pixels are 10 + 10 and not 14 + 6.
    const int32_t count = (c->out.width + WIDTH_MAX - 1) / WIDTH_MAX;
    const int32_t narrow = c->out.width / count, wider = c->out.width % count;
    float sum[GROUP * WIDTH_MAX * 16] __attribute__((aligned(64)));
    for (int32_t y = call->y0; y < call->y1; y++) {
        const float *in = call->in
            + pixel(c->in, 0, (ptrdiff_t)y * c->stride_height - c->padding_height, -c->padding_width);
        float *out = call->out + pixel(c->out, call->first, y, 0);
        const float *residual = call->residual
            ? call->residual + pixel(call->residual_planes, call->first, y, 0) : nullptr;
        for (int32_t i = 0; i < count; i++) {
            const int32_t m = narrow + (i < wider);
            sums_of[m - 1](&w, in, sum, WIDTH_MAX * 16);
            for (int32_t b = 0; b < call->blocks; b++)
                finish(
                    c->activation, sum + b * WIDTH_MAX * 16,
                    residual ? residual + b * residual_plane : nullptr, out + b * out_plane, m * 16);
            in += m * w.pixel;
            out += m * 16;
            if (residual) residual += m * 16;
        }
    }
}
