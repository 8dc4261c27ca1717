// Kernels of bfloat16 out of experts, and Winograd's F(2×2, 3×3).

INLINE void store_pair(uint16_t *to, vec low, vec high) {
    _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh((__m512)high, (__m512)low));
}

/// Experts `stride` floats apart, run by run.
void dd_pack_runs_bf16(
    int32_t experts, ptrdiff_t stride, const float *kernels, ptrdiff_t runs, uint16_t *out
) {
    for (ptrdiff_t run = 0; run < runs; run++)
        for (int32_t e = 0; e < experts; e++)
            for (int32_t i = 0; i < EXPERT_RUN; i++, out++)
                *out = bf16_of(kernels[e * stride + run * EXPERT_RUN + i / 2 + i % 2 * 16]);
}

INLINE void mix_as(
    const enum dd_element element, const struct mixture *m, ptrdiff_t count, uint16_t *out
) {
    for (ptrdiff_t run = 0; run < count / EXPERT_RUN; run++) {
        vec sum[2];
        mix_run(element, m, run, sum);
        store_pair(out + run * EXPERT_RUN, sum[0], sum[1]);
    }
}

void dd_mix_rows_bf16(
    enum dd_element element, const struct mixture *m, ptrdiff_t count, uint16_t *out
) {
    if (element == DD_FLOAT) mix_as(DD_FLOAT, m, count, out);
    else mix_as(DD_BF16, m, count, out);
}

/// G·g of one column: (g0, (g0 + g1 + g2)/2, (g0 − g1 + g2)/2, g2).
INLINE void transform_weights(const vec *g, const int from, vec *to, const int step) {
    const vec half = (g[0] + g[2 * from]) * 0.5f, middle = g[from] * 0.5f;
    to[0] = g[0];
    to[step] = half + middle;
    to[2 * step] = half - middle;
    to[3 * step] = g[2 * from];
}

INLINE void winograd_group_as(
    const enum dd_element element, const struct mixture *m, int32_t in_blocks, int32_t blocks,
    uint16_t *out
) {
    const ptrdiff_t cell = (ptrdiff_t)8 * blocks * 32;        // numbers of one cell of an input block
    const ptrdiff_t position = in_blocks * cell + 32;         // numbers of one of the 16 matrices
    // An input block is mixed as a whole: the experts are then read in one go, and what comes out of
    // it (18 KiB) is transformed in the nearest cache.
    float mixed[9 * 8 * DD_NARROW_GROUP * 32] __attribute__((aligned(64)));
    for (int32_t b = 0; b < in_blocks; b++) {
        for (ptrdiff_t i = 0; i < 9 * cell; i += EXPERT_RUN) {
            vec sum[2];
            mix_run(element, m, (b * 9 * cell + i) / EXPERT_RUN, sum);
            store(mixed + i, sum[0]);
            store(mixed + i + 16, sum[1]);
        }
        for (ptrdiff_t i = 0; i < cell; i += 32) {
            vec u[2][16];
            UNROLL for (int half = 0; half < 2; half++) {
                vec g[9], columns[12];
                UNROLL for (int k = 0; k < 9; k++) g[k] = load(mixed + k * cell + i + half * 16);
                UNROLL for (int x = 0; x < 3; x++) transform_weights(g + x, 3, columns + x, 3);
                UNROLL for (int y = 0; y < 4; y++)
                    transform_weights(columns + y * 3, 1, u[half] + y * 4, 1);
            }
            UNROLL for (int p = 0; p < 16; p++)
                store_pair(out + p * position + b * cell + i, u[0][p], u[1][p]);
        }
    }
}

void dd_winograd_group_bf16(
    enum dd_element element, const struct mixture *m, int32_t in_blocks, int32_t blocks,
    uint16_t *out
) {
    if (element == DD_FLOAT) winograd_group_as(DD_FLOAT, m, in_blocks, blocks, out);
    else winograd_group_as(DD_BF16, m, in_blocks, blocks, out);
}

/// Bᵀ·d of one column: (d0 − d2, d1 + d2, d2 − d1, d1 − d3).
INLINE void transform_inputs(const vec *d, const int from, vec *to, const int step) {
    to[0] = d[0] - d[2 * from];
    to[step] = d[from] + d[2 * from];
    to[2 * step] = d[2 * from] - d[from];
    to[3 * step] = d[from] - d[3 * from];
}

/// Bᵀ·d·B of a patch, its 16 numbers `position` elements apart.
INLINE void store_transformed(const vec d[16], uint16_t *to, ptrdiff_t position) {
    vec columns[16], v[16];
    UNROLL for (int x = 0; x < 4; x++) transform_inputs(d + x, 4, columns + x, 4);
    UNROLL for (int y = 0; y < 4; y++) transform_inputs(columns + y * 4, 1, v + y * 4, 1);
    UNROLL for (int p = 0; p < 16; p++)
        _mm256_storeu_si256(
            (__m256i *)(to + p * position), (__m256i)_mm512_cvtneps_pbh((__m512)v[p]));
}

/// Aᵀ·m·A of 16 matrices' numbers `position` apart: the sums of 2 × 2 pixels.
INLINE void load_sums(const float *from, ptrdiff_t position, vec sums[2][2]) {
    vec rows[2][4];
    UNROLL for (int x = 0; x < 4; x++) {
        vec m[4];
        UNROLL for (int y = 0; y < 4; y++) m[y] = load(from + (y * 4 + x) * position);
        rows[0][x] = m[0] + m[1] + m[2];
        rows[1][x] = m[1] - m[2] - m[3];
    }
    UNROLL for (int y = 0; y < 2; y++) {
        sums[y][0] = rows[y][0] + rows[y][1] + rows[y][2];
        sums[y][1] = rows[y][1] - rows[y][2] - rows[y][3];
    }
}

/// The patches of all tiles of some rows, transformed: [16][in block][tile][16].
static void transform_rows(const struct narrow_call *call, int32_t across, uint16_t *v) {
    const struct dd_conv *c = &call->c.conv;
    const int32_t tiles = (call->y1 - call->y0 + 1) / 2 * across;
    const ptrdiff_t position = (ptrdiff_t)c->in.blocks * tiles * 16;
    const ptrdiff_t row = row_floats(c->in);
    const int32_t bottom = c->in.height + c->in.halo, right = c->in.width + c->in.halo;
    for (int32_t b = 0; b < c->in.blocks; b++)
        for (int32_t t = 0; t < tiles; t++) {
            const int32_t y = call->y0 + t / across * 2 - c->padding_height;
            const int32_t x = t % across * 2 - c->padding_width;
            const uint16_t *from = (const uint16_t *)call->in + pixel(c->in, b, y, x);
            vec d[16];
            if (y + 4 <= bottom && x + 4 <= right) {
                UNROLL for (int i = 0; i < 16; i++) d[i] = widened(from + i / 4 * row + i % 4 * 16);
            } else {
                // The last tile of an odd side reaches beyond the halo; what it makes there is dropped.
                for (int i = 0; i < 16; i++)
                    d[i] = y + i / 4 < bottom && x + i % 4 < right
                        ? widened(from + i / 4 * row + i % 4 * 16) : (vec)0.0f;
            }
            store_transformed(d, v + ((ptrdiff_t)b * tiles + t) * 16, position);
        }
}

enum { WINOGRAD_RUN = 8 };  // tiles whose sums are ended together

/// The pixels of one output block out of its products: [16][tile][16].
static void finish_rows(
    const struct narrow_call *call, int32_t block, int32_t across, const float *products,
    ptrdiff_t position
) {
    const struct dd_conv *c = &call->c.conv;
    const struct ending e = {.call = call, .inverse = 1.0f / call->c.out.scale};
    float sums[2][WINOGRAD_RUN * 2 * 16] __attribute__((aligned(64)));
    for (int32_t y = call->y0; y < call->y1; y += 2)
        for (int32_t first = 0; first < across; first += WINOGRAD_RUN) {
            const int32_t run = smaller(across - first, WINOGRAD_RUN);
            const float *from = products + ((ptrdiff_t)(y - call->y0) / 2 * across + first) * 16;
            for (int32_t t = 0; t < run; t++) {
                vec four[2][2];
                load_sums(from + t * 16, position, four);
                UNROLL for (int i = 0; i < 4; i++)
                    store(sums[i / 2] + (t * 2 + i % 2) * 16, four[i / 2][i % 2]);
            }
            const int32_t x = first * 2, pixels = smaller(run * 2, c->out.width - x);
            for (int32_t i = 0; i < smaller(2, call->y1 - y); i++)
                end(&e, sums[i], call->scales + block * 16, call->bias + block * 16,
                    call->residual
                        ? call->residual
                            + byte(call->c.residual_planes, call->c.residual, block, y + i, x)
                        : nullptr,
                    call->out + byte(c->out, call->c.out, block, y + i, x), pixels);
        }
}

void dd_winograd_rows_bf16(const struct narrow_call *call) {
    const struct dd_conv *c = &call->c.conv;
    const int32_t across = (c->out.width + 1) / 2;
    const int32_t all = (call->y1 - call->y0 + 1) / 2 * across;
    const ptrdiff_t position = (ptrdiff_t)c->in.blocks * all * 16;
    uint16_t *const v = (uint16_t *)call->scratch;
    float *const products = (float *)(call->scratch + position * 16 * 2);
    transform_rows(call, across, v);
    const uint16_t *weights = call->weights;
    const int32_t count = (all + WIDTH_MAX - 1) / WIDTH_MAX;
    const int32_t narrow = all / count, wider = all % count;
    for (int32_t first = 0; first < c->out.blocks; first += GROUP) {
        const int32_t blocks = smaller(c->out.blocks - first, GROUP);
        sums *const *const sums_of = tiles_for(blocks, 32);
        const ptrdiff_t out_position = (ptrdiff_t)blocks * all * 16;
        for (int32_t p = 0; p < 16; p++) {
            const struct window w = {
                .plane = (ptrdiff_t)all * 32,
                .pixel = 32,
                .in_blocks = c->in.blocks,
                .height = 1,
                .width = 1,
                .weights = (const uint8_t *)weights,
            };
            const uint8_t *in = (const uint8_t *)(v + p * position);
            float *out = products + p * out_position;
            for (int32_t i = 0; i < count; i++) {
                const int32_t m = narrow + (i < wider);
                sums_of[m - 1](&w, in, out, (ptrdiff_t)all * 16);
                in += m * 32;
                out += m * 16;
            }
            weights += (ptrdiff_t)c->in.blocks * 8 * blocks * 32 + 32;
        }
        for (int32_t b = 0; b < blocks; b++)
            finish_rows(call, first + b, across, products + (ptrdiff_t)b * all * 16, out_position);
    }
}
