// The kernels that work on each block by itself.

/// Up to WIDTH_MAX neighbours of a depthwise row; the same order of sums whatever their number.
INLINE void depthwise_tile(
    const int pixels, const struct dd_conv *c, const float *weights, const float *bias,
    const float *in, float *out
) {
    const ptrdiff_t row = c->dilation_height * row_floats(c->in);
    const ptrdiff_t column = (ptrdiff_t)c->dilation_width * 16;
    const ptrdiff_t step = (ptrdiff_t)c->stride_width * 16;
    vec sum[WIDTH_DEPTHWISE][PARTS];
    UNROLL for (int v = 0; v < PARTS; v++)
        UNROLL for (int m = 0; m < pixels; m++) sum[m][v] = load(bias + v * LANES);
    for (int32_t ky = 0; ky < c->kernel_height; ky++) {
        const float *cell = in + ky * row;
        for (int32_t kx = 0; kx < c->kernel_width; kx++, cell += column, weights += 16)
            UNROLL for (int v = 0; v < PARTS; v++) {
                vec weight = load(weights + v * LANES);
                UNROLL for (int m = 0; m < pixels; m++)
                    sum[m][v] = fused(load(cell + m * step + v * LANES), weight, sum[m][v]);
            }
    }
    UNROLL for (int v = 0; v < PARTS; v++)
        UNROLL for (int m = 0; m < pixels; m++) store(out + m * 16 + v * LANES, sum[m][v]);
}

static void depthwise_rows(const struct conv_call *call) {
    const struct dd_conv *c = &call->conv;
    const ptrdiff_t step = (ptrdiff_t)c->stride_width * 16;
    float sum[WIDTH_DEPTHWISE * 16] __attribute__((aligned(64)));
    for (int32_t y = call->y0; y < call->y1; y++) {
        const float *in = call->in
            + pixel(c->in, call->first, (ptrdiff_t)y * c->stride_height - c->padding_height,
                    -c->padding_width);
        float *out = call->out + pixel(c->out, call->first, y, 0);
        const float *residual = call->residual
            ? call->residual + pixel(call->residual_planes, call->first, y, 0) : nullptr;
        for (int32_t x = 0, m; x < c->out.width; x += m, in += m * step, out += m * 16) {
            m = c->out.width - x >= WIDTH_DEPTHWISE ? WIDTH_DEPTHWISE : 1;
            if (m == 1) depthwise_tile(1, c, call->weights, call->bias, in, sum);
            else depthwise_tile(WIDTH_DEPTHWISE, c, call->weights, call->bias, in, sum);
            finish(c->activation, sum, residual ? residual + x * 16 : nullptr, out, m * 16);
        }
    }
}

INLINE int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

INLINE int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }

static void max_pool_rows(
    struct dd_planes in_planes, struct dd_planes out_planes, int32_t kernel, int32_t stride,
    int32_t padding, int32_t block, int32_t y0, int32_t y1, const float *in, float *out
) {
    const ptrdiff_t in_row = row_floats(in_planes);
    for (int32_t y = y0; y < y1; y++) {
        const int32_t top = y * stride - padding;
        const int32_t ky0 = larger(0, -top), ky1 = smaller(kernel, in_planes.height - top);
        float *to = out + pixel(out_planes, block, y, 0);
        for (int32_t x = 0; x < out_planes.width; x++, to += 16) {
            const int32_t left = x * stride - padding;
            const int32_t kx0 = larger(0, -left), kx1 = smaller(kernel, in_planes.width - left);
            const float *from = in + pixel(in_planes, block, top, left);
            vec most[PARTS];
            UNROLL for (int v = 0; v < PARTS; v++) most[v] = (vec)-__builtin_inff();
            for (int32_t ky = ky0; ky < ky1; ky++)
                for (int32_t kx = kx0; kx < kx1; kx++)
                    UNROLL for (int v = 0; v < PARTS; v++)
                        most[v] = at_least(load(from + ky * in_row + kx * 16 + v * LANES), most[v]);
            UNROLL for (int v = 0; v < PARTS; v++) store(to + v * LANES, most[v]);
        }
    }
}

static void upsample_rows(
    struct dd_planes in_planes, struct dd_planes out_planes, int32_t factor, int32_t block,
    int32_t y0, int32_t y1, const float *in, float *out
) {
    for (int32_t y = y0; y < y1; y++) {
        const float *from = in + pixel(in_planes, block, y / factor, 0);
        float *to = out + pixel(out_planes, block, y, 0);
        for (int32_t x = 0; x < in_planes.width; x++, from += 16)
            for (int32_t i = 0; i < factor; i++, to += 16)
                UNROLL for (int v = 0; v < PARTS; v++)
                    store(to + v * LANES, load(from + v * LANES));
    }
}

static void add_rows(
    struct dd_planes x_planes, struct dd_planes y_planes, struct dd_planes out_planes,
    int32_t block, int32_t y0, int32_t y1, const float *x, const float *y, float *out
) {
    const ptrdiff_t count = (ptrdiff_t)out_planes.width * 16;
    for (int32_t row = y0; row < y1; row++) {
        const float *left = x + pixel(x_planes, block, row, 0);
        const float *right = y + pixel(y_planes, block, row, 0);
        float *to = out + pixel(out_planes, block, row, 0);
        for (ptrdiff_t i = 0; i < count; i += LANES) store(to + i, load(left + i) + load(right + i));
    }
}

typedef double wide __attribute__((ext_vector_type(LANES)));

/// Sums of up to 32 pixels in float, four side by side (a lane adds at most 10 values, then 2 sums:
/// an error below 7e-7 of their magnitudes), all further in double. Every instruction set adds in the
/// same order: the means are bitwise the same on all.
static void means(
    struct dd_planes planes, int32_t block0, int32_t block1, const float *in, float *out
) {
    for (int32_t b = block0; b < block1; b++) {
        UNROLL for (int v = 0; v < PARTS; v++) {
            wide total = (wide)0.0;
            for (int32_t y = 0; y < planes.height; y++) {
                const float *row = in + pixel(planes, b, y, 0) + v * LANES;
                for (int32_t x0 = 0; x0 < planes.width; x0 += 32) {
                    const int32_t x1 = smaller(planes.width, x0 + 32);
                    vec sum[4] = {(vec)0.0f, (vec)0.0f, (vec)0.0f, (vec)0.0f};
                    int32_t x = x0;
                    for (; x + 4 <= x1; x += 4)
                        UNROLL for (int i = 0; i < 4; i++) sum[i] += load(row + (x + i) * 16);
                    for (; x < x1; x++) sum[0] += load(row + x * 16);
                    total += __builtin_convertvector((sum[0] + sum[1]) + (sum[2] + sum[3]), wide);
                }
            }
            total /= (double)planes.height * planes.width;
            store(out + b * 16 + v * LANES, __builtin_convertvector(total, vec));
        }
    }
}

static void tops(
    struct dd_planes planes, int32_t channels, int32_t y0, int32_t y1, const float *in, float *out
) {
    for (int32_t b = 0; b < planes.blocks; b++)
        for (int32_t y = y0; y < y1; y++) {
            const float *row = in + pixel(planes, b, y, 0);
            float lanes[16], most = -__builtin_inff();
            for (int v = 0; v < 16; v += LANES) {
                vec top[4];
                UNROLL for (int i = 0; i < 4; i++) top[i] = (vec)-__builtin_inff();
                int32_t x = 0;
                for (; x + 4 <= planes.width; x += 4)
                    UNROLL for (int i = 0; i < 4; i++)
                        top[i] = larger_number(load(row + (x + i) * 16 + v), top[i]);
                for (; x < planes.width; x++)
                    top[0] = larger_number(load(row + x * 16 + v), top[0]);
                const vec first = larger_number(top[0], top[1]);
                store(lanes + v, larger_number(larger_number(top[2], top[3]), first));
            }
            for (int32_t c = 0; c < 16 && b * 16 + c < channels; c++)
                if (lanes[c] > most) most = lanes[c];
            out[(ptrdiff_t)b * planes.height + y] = most;
        }
}

typedef uint8_t bytes __attribute__((ext_vector_type(LANES)));

/// LANES / 4 pixels of three bytes and a zero, from LANES bytes of which the last fourth is not used.
INLINE bytes with_zeros(const uint8_t *from) {
    bytes v;
    memcpy(&v, from, sizeof v);
#define PIXEL(i) (i) * 3, (i) * 3 + 1, (i) * 3 + 2, LANES
#if LANES == 16
    return __builtin_shufflevector(v, (bytes)0, PIXEL(0), PIXEL(1), PIXEL(2), PIXEL(3));
#elif LANES == 8
    return __builtin_shufflevector(v, (bytes)0, PIXEL(0), PIXEL(1));
#else
    return __builtin_shufflevector(v, (bytes)0, PIXEL(0));
#endif
#undef PIXEL
}

/// A division and no product with 1/255, which differs in the last bit.
static void load_pixels(
    struct dd_planes planes, int32_t y0, int32_t y1, const uint8_t *pixels, const uint8_t *end,
    float *out
) {
    for (int32_t y = y0; y < y1; y++) {
        float *to = out + pixel(planes, 0, y, 0);
        int32_t x = 0;
        if (planes.lanes == 4)
            for (; x + LANES / 4 <= planes.width && end - pixels >= LANES; x += LANES / 4) {
                store(to, __builtin_convertvector(with_zeros(pixels), vec) / 255.0f);
                pixels += LANES / 4 * 3;
                to += LANES;
            }
        for (; x < planes.width; x++, pixels += 3, to += planes.lanes)
            for (int32_t i = 0; i < planes.lanes; i++) to[i] = i < 3 ? (float)pixels[i] / 255.0f : 0;
    }
}
