// Winograd's way for windows of stride 2. An output pixel then meets pixels of four phases, by row and
// column even or odd from its window's corner: the four corners of the window fall on one phase, the
// middles of its sides on two, its centre on the last. Each phase is a convolution of stride 1 by 2×2,
// 2×1, 1×2 and 1×1 cells, and F(4, 2) does the axes of two cells, with the points 0, ±1, 2 and ∞:
// 25 + 20 + 20 + 16 = 81 products for 4×4 outputs where the direct way takes 144.
//
// A transformed tile is [81][16]: corners (5, 5), sides (5, 4) and (4, 5), centre (4, 4). What is not
// transformed along an axis shares its weights there: 25 + 5 + 5 + 1 = 36 of them.

#define HALVED_SIDES 25
#define HALVED_TOPS 45
#define HALVED_CENTRE 65
#define HALVED_TILE (81 * 16)

/// Bᵀ d of five numbers, `step` vectors apart, to as many `to_step` apart.
INLINE void halved_input(const vec *d, const int step, vec *to, const int to_step) {
    const vec d1 = d[step], d2 = d[2 * step], d3 = d[3 * step];
    to[0] = fused((vec)2.0f, d[0] - d2, d3 - d1);
    to[to_step] = fused((vec)-2.0f, d1, d3 - d2);
    to[2 * to_step] = fused((vec)2.0f, d1, fused((vec)-3.0f, d2, d3));
    to[3 * to_step] = d3 - d1;
    to[4 * to_step] = fused((vec)2.0f, d1 - d3, d[4 * step] - d2);
}

/// G g of two numbers.
INLINE void halved_weight(vec g0, vec g1, vec to[5]) {
    to[0] = g0 * 0.5f;
    to[1] = (g0 + g1) * -0.5f;
    to[2] = (g1 - g0) * (1.0f / 6);
    to[3] = fused((vec)(1.0f / 3), g1, g0 * (1.0f / 6));
    to[4] = g1;
}

/// Aᵀ m of five sums, `step` vectors apart.
INLINE void halved_output(const vec *m, const int step, vec to[4]) {
    const vec a = m[step] + m[2 * step], b = m[step] - m[2 * step], c = m[3 * step];
    to[0] = m[0] + (a + c);
    to[1] = fused((vec)2.0f, c, b);
    to[2] = fused((vec)4.0f, c, a);
    to[3] = fused((vec)8.0f, c, b) + m[4 * step];
}

/// 9 × 9 pixels, `row` floats from one row to the next; out: a transformed tile.
INLINE void transform_halved_input(const float *in, const ptrdiff_t row, float *out) {
    for (int v = 0; v < 16; v += LANES, in += LANES, out += LANES) {
#define AT(y, x) load(in + (y) * row + (x) * 16)
        vec d[25], half[25], whole[5];
        UNROLL for (int i = 0; i < 25; i++) d[i] = AT(i / 5 * 2, i % 5 * 2);
        UNROLL for (int x = 0; x < 5; x++) halved_input(d + x, 5, half + x, 5);
        UNROLL for (int y = 0; y < 5; y++) {
            halved_input(half + y * 5, 1, whole, 1);
            UNROLL for (int x = 0; x < 5; x++) store(out + (y * 5 + x) * 16, whole[x]);
        }
        UNROLL for (int x = 0; x < 4; x++) {
            UNROLL for (int y = 0; y < 5; y++) d[y] = AT(y * 2, x * 2 + 1);
            halved_input(d, 1, whole, 1);
            UNROLL for (int y = 0; y < 5; y++)
                store(out + (HALVED_SIDES + y * 4 + x) * 16, whole[y]);
        }
        UNROLL for (int y = 0; y < 4; y++) {
            UNROLL for (int x = 0; x < 5; x++) d[x] = AT(y * 2 + 1, x * 2);
            halved_input(d, 1, whole, 1);
            UNROLL for (int x = 0; x < 5; x++)
                store(out + (HALVED_TOPS + y * 5 + x) * 16, whole[x]);
        }
        UNROLL for (int i = 0; i < 16; i++)
            store(out + (HALVED_CENTRE + i) * 16, AT(i / 4 * 2 + 1, i % 4 * 2 + 1));
#undef AT
    }
}

/// One vector of a kernel (3, 3), `cell` floats from a cell to the next; out: 36 vectors, `position`
/// floats apart.
INLINE void transform_halved_weights(
    const float *kernel, ptrdiff_t cell, float *out, ptrdiff_t position
) {
#define AT(y, x) load(kernel + ((y) * 3 + (x)) * cell)
    vec left[5], right[5], row[5];
    halved_weight(AT(0, 0), AT(2, 0), left);
    halved_weight(AT(0, 2), AT(2, 2), right);
    UNROLL for (int y = 0; y < 5; y++) {
        halved_weight(left[y], right[y], row);
        UNROLL for (int x = 0; x < 5; x++) store(out + (y * 5 + x) * position, row[x]);
    }
    halved_weight(AT(0, 1), AT(2, 1), row);
    UNROLL for (int y = 0; y < 5; y++) store(out + (25 + y) * position, row[y]);
    halved_weight(AT(1, 0), AT(1, 2), row);
    UNROLL for (int x = 0; x < 5; x++) store(out + (30 + x) * position, row[x]);
    store(out + 35 * position, AT(1, 1));
#undef AT
}

/// The places in a tile that weight `k` of 36 is for: `count` of them, from `first`, `step` apart.
struct halved_places {
    int32_t first, count, step;
};

INLINE struct halved_places halved_places(int32_t k) {
    if (k < 25) return (struct halved_places){k, 1, 0};
    if (k < 30) return (struct halved_places){HALVED_SIDES + (k - 25) * 4, 4, 1};
    if (k < 35) return (struct halved_places){HALVED_TOPS + k - 30, 4, 5};
    return (struct halved_places){HALVED_CENTRE, 16, 1};
}

/// The sums of one tile's 4 × 4 pixels (81, 16), then bias, activation and residual.
INLINE void transform_halved_output(
    enum dd_activation activation, bool has_residual, const float *in, const float *bias,
    struct tile_output out
) {
    for (int v = 0; v < 16; v += LANES, in += LANES) {
        const vec added = load(bias + v);
        vec rows[5][4], columns[4][4];
        UNROLL for (int y = 0; y < 5; y++) {
            vec m[5];
            UNROLL for (int x = 0; x < 5; x++) m[x] = load(in + (y * 5 + x) * 16);
            halved_output(m, 1, rows[y]);
            UNROLL for (int x = 0; x < 4; x++)
                rows[y][x] += load(in + (HALVED_SIDES + y * 4 + x) * 16);
        }
        UNROLL for (int x = 0; x < 4; x++) halved_output(&rows[0][x], 4, columns[x]);
        UNROLL for (int y = 0; y < 4; y++) {
            vec m[5], sums[4];
            UNROLL for (int x = 0; x < 5; x++) m[x] = load(in + (HALVED_TOPS + y * 5 + x) * 16);
            halved_output(m, 1, sums);
            UNROLL for (int x = 0; x < 4; x++) {
                const vec centre = load(in + (HALVED_CENTRE + y * 4 + x) * 16);
                vec sum = activated(activation, (sums[x] + centre) + columns[x][y] + added);
                const ptrdiff_t at = v + x * 16;
                if (has_residual) sum += load(out.residual + y * out.residual_row + at);
                store(out.to + y * out.row + at, sum);
            }
        }
    }
}
