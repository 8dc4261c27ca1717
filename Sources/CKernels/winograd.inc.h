// Winograd's convolution F(4×4, 3×3) (Lavin & Gray, arXiv 1509.09308): Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A.
// 36 products where the direct way takes 144, with the interpolation points 0, ±1, ±2 and ∞.
//
// The transforms work on a vector of channels. Each is done in two passes, rows then columns, and
// two rows at a time: what a pair needs fits in the registers, and reading some inputs twice is
// cheaper than storing all 36 numbers between the passes.

#define POSITIONS 36
#define TILE_FLOATS (POSITIONS * 16)

/// Bᵀ d of six numbers.
INLINE void input_transform(const vec d[6], vec out[6]) {
    vec even = fused((vec)-4.0f, d[2], d[4]), odd = fused((vec)-4.0f, d[1], d[3]);
    vec even2 = d[4] - d[2], odd2 = d[3] - d[1];
    out[0] = fused((vec)4.0f, d[0], fused((vec)-5.0f, d[2], d[4]));
    out[1] = even + odd;
    out[2] = even - odd;
    out[3] = fused((vec)2.0f, odd2, even2);
    out[4] = fused((vec)-2.0f, odd2, even2);
    out[5] = fused((vec)4.0f, d[1], fused((vec)-5.0f, d[3], d[5]));
}

INLINE void store_transformed(const vec rows[6], float *to) {
    vec out[6];
    input_transform(rows, out);
    UNROLL for (int x = 0; x < 6; x++) store(to + x * 16, out[x]);
}

/// Bᵀ d B of 6 × 6 pixels, `row` floats from one row to the next; out: (6, 6, 16).
INLINE void transform_input(const float *in, const ptrdiff_t row, float *out) {
    for (int v = 0; v < 16; v += LANES, in += LANES, out += LANES) {
        vec low[6], high[6];
#define AT(y, x) load(in + (y) * row + (x) * 16)
        UNROLL for (int x = 0; x < 6; x++) {
            vec d1 = AT(1, x), d2 = AT(2, x), d3 = AT(3, x), d4 = AT(4, x);
            vec even = fused((vec)-4.0f, d2, d4), odd = fused((vec)-4.0f, d1, d3);
            low[x] = even + odd;
            high[x] = even - odd;
        }
        store_transformed(low, out + 6 * 16);
        store_transformed(high, out + 12 * 16);
        UNROLL for (int x = 0; x < 6; x++) {
            vec even = AT(4, x) - AT(2, x), odd = AT(3, x) - AT(1, x);
            low[x] = fused((vec)2.0f, odd, even);
            high[x] = fused((vec)-2.0f, odd, even);
        }
        store_transformed(low, out + 18 * 16);
        store_transformed(high, out + 24 * 16);
        UNROLL for (int x = 0; x < 6; x++) {
            low[x] = fused((vec)4.0f, AT(0, x), fused((vec)-5.0f, AT(2, x), AT(4, x)));
            high[x] = fused((vec)4.0f, AT(1, x), fused((vec)-5.0f, AT(3, x), AT(5, x)));
        }
        store_transformed(low, out);
        store_transformed(high, out + 30 * 16);
#undef AT
    }
}

/// Where one tile's outputs go; `row` floats from a row to the next.
struct tile_output {
    float *to;
    ptrdiff_t row;
    const float *residual;
    ptrdiff_t residual_row;
};

#include "winograd_halved.inc.h"

/// Tiles that the picture's end cuts are read as if zeros followed.
INLINE void input_as(const bool is_halved, const struct winograd_call *call) {
    const struct dd_conv *c = &call->conv;
    const int side = is_halved ? 9 : 6, shift = is_halved ? 8 : 4;
    const ptrdiff_t row = row_floats(c->in), tile_floats = is_halved ? HALVED_TILE : TILE_FLOATS;
    const int32_t across = (c->out.width + 3) / 4;
    for (int32_t b = call->block0; b < call->block1; b++) {
        float *to = call->tiles + (ptrdiff_t)b * (call->tile1 - call->tile0) * tile_floats;
        for (int32_t tile = call->tile0; tile < call->tile1; tile++, to += tile_floats) {
            const int32_t y = tile / across * shift - c->padding_height;
            const int32_t x = tile % across * shift - c->padding_width;
            const float *from = call->in + pixel(c->in, b, y, x);
            const int32_t rows = c->in.height + c->in.halo - y;
            const int32_t columns = c->in.width + c->in.halo - x;
            if (rows >= side && columns >= side) {
                if (is_halved) transform_halved_input(from, row, to);
                else transform_input(from, row, to);
                continue;
            }
            float whole[9 * 9 * 16] = {};
            for (int32_t i = 0; i < rows && i < side; i++)
                memcpy(
                    whole + i * side * 16, from + i * row,
                    (size_t)(columns < side ? columns : side) * 16 * sizeof(float));
            if (is_halved) transform_halved_input(whole, side * 16, to);
            else transform_input(whole, side * 16, to);
        }
    }
}

static void winograd_input(const struct winograd_call *call) {
    if (call->conv.stride_height == 2) input_as(true, call);
    else input_as(false, call);
}

/// Products at one position: up to WIDTH_MAX tiles times the blocks of a group.
INLINE void products(
    const int tiles, const int blocks, const int tile_floats, const struct winograd_call *call,
    const float *in, const float *weights, const ptrdiff_t next, float *out
) {
    const int vectors = blocks * PARTS;
    const ptrdiff_t plane = (ptrdiff_t)(call->tile1 - call->tile0) * tile_floats;
    vec sum[WIDTH_MAX][GROUP * PARTS];
    UNROLL for (int v = 0; v < vectors; v++)
        UNROLL for (int m = 0; m < tiles; m++) sum[m][v] = (vec)0.0f;
    for (int32_t b = 0; b < call->conv.in.blocks; b++, in += plane) {
        const int32_t steps = call->used[b];
        _Pragma("clang loop unroll(disable)")
        for (int32_t i = 0; i < steps; i++, weights += vectors * LANES) {
            vec weight[GROUP * PARTS];
            UNROLL for (int v = 0; v < vectors; v++) weight[v] = load(weights + v * LANES);
            UNROLL for (int v = 0; v < vectors; v += PARTS)
                __builtin_prefetch(weights + next + v * LANES, 0, 2);
            UNROLL for (int m = 0; m < tiles; m++) {
                vec x = (vec)in[m * tile_floats + i];
                UNROLL for (int v = 0; v < vectors; v++)
                    sum[m][v] = fused(x, weight[v], sum[m][v]);
            }
        }
    }
    UNROLL for (int v = 0; v < vectors; v++) {
        float *to = out + v / PARTS * plane + v % PARTS * LANES;
        UNROLL for (int m = 0; m < tiles; m++) store(to + m * tile_floats, sum[m][v]);
    }
}

typedef void products_of(
    const struct winograd_call *call, const float *in, const float *weights, ptrdiff_t next,
    float *out);

#define PRODUCT(m, blocks, name, tile_floats)                                                 \
    static void products_##blocks##_##name##_##m(                                            \
        const struct winograd_call *call, const float *in, const float *weights,             \
        ptrdiff_t next, float *out                                                           \
    ) {                                                                                      \
        products(m, blocks, tile_floats, call, in, weights, next, out);                      \
    }
#define PRODUCTS(m, blocks) \
    PRODUCT(m, blocks, dense, TILE_FLOATS) PRODUCT(m, blocks, halved, HALVED_TILE)
#define ENTRY_PRODUCTS_DENSE(m, blocks) products_##blocks##_dense_##m,
#define ENTRY_PRODUCTS_HALVED(m, blocks) products_##blocks##_halved_##m,
#define ENTRIES_PRODUCTS(blocks) \
    {{WIDTHS(ENTRY_PRODUCTS_DENSE, blocks)}, {WIDTHS(ENTRY_PRODUCTS_HALVED, blocks)}}
WIDTHS(PRODUCTS, 1)
#if GROUP == 2
WIDTHS(PRODUCTS, 2)
static products_of *const products_for[2][2][WIDTH_MAX] = {
    ENTRIES_PRODUCTS(1), ENTRIES_PRODUCTS(2)};
#else
static products_of *const products_for[1][2][WIDTH_MAX] = {ENTRIES_PRODUCTS(1)};
#endif

/// The sums of one row of pixels from the six columns of Aᵀ M, and what is done to them.
INLINE void finish_row(
    enum dd_activation activation, bool has_residual, const vec m[6], vec bias, float *to,
    const float *residual
) {
    vec a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], d = m[3] - m[4];
    vec out[4] = {
        m[0] + (a + c), fused((vec)2.0f, d, b), fused((vec)4.0f, c, a),
        fused((vec)8.0f, d, b) + m[5]};
    UNROLL for (int x = 0; x < 4; x++) {
        vec y = activated(activation, out[x] + bias);
        store(to + x * 16, has_residual ? y + load(residual + x * 16) : y);
    }
}

/// Aᵀ M A of one tile's sums (6, 6, 16), then bias, activation and residual.
INLINE void transform_output(
    enum dd_activation activation, bool has_residual, const float *in, const float *bias,
    struct tile_output out
) {
    for (int v = 0; v < 16; v += LANES) {
        const vec added = load(bias + v);
        vec low[6], high[6];
#define AT(y, x) load(in + v + ((y) * 6 + (x)) * 16)
#define FINISH_ROW(y, sums)                                                         \
    finish_row(                                                                     \
        activation, has_residual, sums, added, out.to + v + (y) * out.row,           \
        has_residual ? out.residual + v + (y) * out.residual_row : nullptr)
        UNROLL for (int x = 0; x < 6; x++) {
            vec a = AT(1, x) + AT(2, x), c = AT(3, x) + AT(4, x);
            low[x] = AT(0, x) + (a + c);
            high[x] = fused((vec)4.0f, c, a);
        }
        FINISH_ROW(0, low);
        FINISH_ROW(2, high);
        UNROLL for (int x = 0; x < 6; x++) {
            vec b = AT(1, x) - AT(2, x), d = AT(3, x) - AT(4, x);
            low[x] = fused((vec)2.0f, d, b);
            high[x] = fused((vec)8.0f, d, b) + AT(5, x);
        }
        FINISH_ROW(1, low);
        FINISH_ROW(3, high);
#undef FINISH_ROW
#undef AT
    }
}

/// All tiles of one output block. Those that the picture's end cuts are made whole and copied.
INLINE void finish_tiles(
    enum dd_activation activation, bool has_residual, const bool is_halved,
    const struct winograd_call *call, int32_t block, const float *sums
) {
    const struct dd_planes planes = call->conv.out;
    const int32_t across = (planes.width + 3) / 4;
    const float *bias = call->bias + block * 16;
    const ptrdiff_t tile_floats = is_halved ? HALVED_TILE : TILE_FLOATS;
    for (int32_t tile = call->tile0; tile < call->tile1; tile++, sums += tile_floats) {
        const int32_t y = tile / across * 4, x = tile % across * 4;
        struct tile_output out = {
            .to = call->out + pixel(planes, block, y, x),
            .row = row_floats(planes),
        };
        if (has_residual) {
            out.residual = call->residual + pixel(call->residual_planes, block, y, x);
            out.residual_row = row_floats(call->residual_planes);
        }
        const int32_t rows = planes.height - y, columns = planes.width - x;
        if (rows >= 4 && columns >= 4) {
            if (is_halved) transform_halved_output(activation, has_residual, sums, bias, out);
            else transform_output(activation, has_residual, sums, bias, out);
            continue;
        }
        float whole[16 * 16];
        const struct tile_output apart = {whole, 64, nullptr, 0};
        if (is_halved) transform_halved_output(DD_IDENTITY, false, sums, bias, apart);
        else transform_output(DD_IDENTITY, false, sums, bias, apart);
        const int32_t count = (columns < 4 ? columns : 4) * 16;
        for (int32_t i = 0; i < rows && i < 4; i++)
            finish_as(
                activation, has_residual, whole + i * 64,
                has_residual ? out.residual + i * out.residual_row : whole, out.to + i * out.row,
                count);
    }
}

INLINE void finish_block(
    const bool is_halved, const struct winograd_call *call, int32_t block, const float *sums
) {
#define FINISH_TILES(CASE)                                                          \
    case CASE:                                                                      \
        if (call->residual) finish_tiles(CASE, true, is_halved, call, block, sums); \
        else finish_tiles(CASE, false, is_halved, call, block, sums);               \
        return;
    switch (call->conv.activation) {
        FINISH_TILES(DD_IDENTITY)
        FINISH_TILES(DD_SILU)
        FINISH_TILES(DD_RELU)
        FINISH_TILES(DD_HARDSWISH)
    }
#undef FINISH_TILES
}

static void winograd_output(const struct winograd_call *call) {
    const int32_t tiles = call->tile1 - call->tile0;
    ptrdiff_t position = 0;
    for (int32_t b = 0; b < call->conv.in.blocks; b++) position += call->used[b];
    position = position * call->blocks * 16 + 16;
    // Cut evenly: 20 tiles are 10 + 10 and not 14 + 6.
    const int32_t count = (tiles + WIDTH_MAX - 1) / WIDTH_MAX;
    const int32_t narrow = tiles / count, wider = tiles % count;
    const bool is_halved = call->conv.stride_height == 2;
    const ptrdiff_t tile_floats = is_halved ? HALVED_TILE : TILE_FLOATS;
    products_of *const *const of = products_for[call->blocks - 1][is_halved];
    for (int32_t k = 0; k < POSITIONS; k++) {
        struct halved_places places = {k, 1, 0};
        if (is_halved) places = halved_places(k);
        for (int32_t j = 0; j < places.count; j++) {
            const ptrdiff_t place = (places.first + j * places.step) * 16;
            const float *in = call->tiles + place;
            float *sums = call->sums + place;
            for (int32_t i = 0; i < count; i++) {
                const int32_t m = narrow + (i < wider);
                of[m - 1](call, in, call->weights + k * position, position, sums);
                in += m * tile_floats;
                sums += m * tile_floats;
            }
        }
    }
    for (int32_t b = 0; b < call->blocks; b++) {
        const float *sums = call->sums + (ptrdiff_t)b * tiles * tile_floats;
        if (is_halved) finish_block(true, call, call->first + b, sums);
        else finish_block(false, call, call->first + b, sums);
    }
}

/// G g of three numbers.
INLINE void weight_transform(vec g0, vec g1, vec g2, vec out[6]) {
    vec a = (g0 + g2) * (-1.0f / 6), b = g1 * (1.0f / 6);
    vec c = fused((vec)(1.0f / 24), g0, g2 * (1.0f / 6)), d = g1 * (1.0f / 12);
    out[0] = g0 * 0.25f;
    out[1] = a - b;
    out[2] = a + b;
    out[3] = c + d;
    out[4] = c - d;
    out[5] = g2;
}

/// One vector of a kernel (3, 3), `cell` floats from a cell to the next; out: 36 vectors, `position`
/// floats apart.
INLINE void transform_weights(const float *kernel, ptrdiff_t cell, float *out, ptrdiff_t position) {
    vec rows[6][3];
    UNROLL for (int x = 0; x < 3; x++) {
        vec column[6];
        weight_transform(
            load(kernel + x * cell), load(kernel + (3 + x) * cell), load(kernel + (6 + x) * cell),
            column);
        UNROLL for (int y = 0; y < 6; y++) rows[y][x] = column[y];
    }
    UNROLL for (int y = 0; y < 6; y++) {
        vec row[6];
        weight_transform(rows[y][0], rows[y][1], rows[y][2], row);
        UNROLL for (int x = 0; x < 6; x++) store(out + (y * 6 + x) * position, row[x]);
    }
}

static void winograd_weights(
    int32_t window_stride, const struct expert_call *call, const uint8_t *used, int32_t in_blocks,
    int32_t block0, int32_t block1, float *out
) {
    const ptrdiff_t lanes = call->lanes;
    ptrdiff_t position = 0;
    for (int32_t b = 0; b < in_blocks; b++) position += used[b];
    position = position * lanes + 16;
    // An input block is mixed as a whole: each expert is then read in one go, and what comes out of
    // it (18 KiB) is transformed in the nearest cache.
    float mixed[9 * 16 * GROUP * 16];
    ptrdiff_t first = 0;
    for (int32_t b = 0; b < block1; b++) {
        const ptrdiff_t cell = used[b] * lanes;
        if (b >= block0) {
            mix_experts(call, first, cell * 9, mixed);
            if (window_stride == 2)
                for (ptrdiff_t i = 0; i < cell; i += LANES)
                    transform_halved_weights(mixed + i, cell, out + i, position);
            else
                for (ptrdiff_t i = 0; i < cell; i += LANES)
                    transform_weights(mixed + i, cell, out + i, position);
        }
        first += cell * 9;
        out += cell;
    }
}
