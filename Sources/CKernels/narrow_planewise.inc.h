// The kernels that work on each block by itself: what is read becomes floats and is rounded once.

/// 16 elements of a value of either element.
INLINE vec load_any(const struct dd_format *f, const uint8_t *from) {
    return f->element == DD_FLOAT ? load_as(DD_FLOAT, f, from) : load_as(ELEMENT, f, from);
}

INLINE void store_any(const struct dd_format *f, float inverse, uint8_t *to, vec x) {
    if (f->element == DD_FLOAT) store_as(DD_FLOAT, inverse, 0, to, x);
    else store_as(ELEMENT, inverse, f->zero, to, x);
}

INLINE ptrdiff_t pixel_bytes(const struct dd_format *f) { return 16 * element_bytes(f->element); }

/// Whether numbers of `f` may be taken as they are for those of `g`, both of this element.
INLINE bool is_kept(const struct dd_format *f, const struct dd_format *g) {
    return f->element == ELEMENT && g->element == ELEMENT && f->scale == g->scale
        && f->zero == g->zero;
}

#define WIDTH_DEPTHWISE 4

/// Sums of up to WIDTH_DEPTHWISE neighbours.
INLINE void depthwise_tile(
    const int pixels, const enum dd_element element, const struct dd_narrow_conv *c,
    const float *weights, const uint8_t *in, float *out
) {
    const ptrdiff_t size = element == DD_FLOAT ? 4 : BYTES;
    const ptrdiff_t row = c->conv.dilation_height * row_floats(c->conv.in) * size;
    const ptrdiff_t column = (ptrdiff_t)c->conv.dilation_width * 16 * size;
    const ptrdiff_t step = (ptrdiff_t)c->conv.stride_width * 16 * size;
    vec sum[WIDTH_DEPTHWISE];
    UNROLL for (int m = 0; m < pixels; m++) sum[m] = (vec)0.0f;
    for (int32_t ky = 0; ky < c->conv.kernel_height; ky++) {
        const uint8_t *cell = in + ky * row;
        for (int32_t kx = 0; kx < c->conv.kernel_width; kx++, cell += column, weights += 16) {
            const vec weight = load(weights);
            UNROLL for (int m = 0; m < pixels; m++)
                sum[m] = fused(load_as(element, &c->in, cell + m * step), weight, sum[m]);
        }
    }
    UNROLL for (int m = 0; m < pixels; m++) store(out + m * 16, sum[m]);
}

static void depthwise_rows(const struct narrow_call *call) {
    const struct dd_narrow_conv *c = &call->c;
    const struct ending e = {.call = call, .inverse = 1.0f / c->out.scale};
    const ptrdiff_t step = (ptrdiff_t)c->conv.stride_width * pixel_bytes(&c->in);
    const float ones[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    float sums[WIDTH_DEPTHWISE * 16] __attribute__((aligned(64)));
    for (int32_t y = call->y0; y < call->y1; y++) {
        const uint8_t *in = call->in
            + byte(c->conv.in, c->in, call->first,
                   (ptrdiff_t)y * c->conv.stride_height - c->conv.padding_height,
                   -c->conv.padding_width);
        uint8_t *out = call->out + byte(c->conv.out, c->out, call->first, y, 0);
        const uint8_t *residual = call->residual
            ? call->residual + byte(c->residual_planes, c->residual, call->first, y, 0) : nullptr;
        for (int32_t x = 0, m; x < c->conv.out.width; x += m, in += m * step) {
            m = c->conv.out.width - x >= WIDTH_DEPTHWISE ? WIDTH_DEPTHWISE : 1;
            if (m == 1) depthwise_tile(1, ELEMENT, c, call->weights, in, sums);
            else depthwise_tile(WIDTH_DEPTHWISE, ELEMENT, c, call->weights, in, sums);
            end(&e, sums, ones, call->bias, residual, out, m);
            out += m * pixel_bytes(&c->out);
            if (residual) residual += m * pixel_bytes(&c->residual);
        }
    }
}

static void max_pool_rows(
    struct dd_narrow_planes in_planes, struct dd_narrow_planes out_planes, int32_t kernel,
    int32_t stride, int32_t padding, int32_t block, int32_t y0, int32_t y1, const uint8_t *in,
    uint8_t *out
) {
    const struct dd_planes from_planes = in_planes.planes, to_planes = out_planes.planes;
    const struct dd_format *const f = &in_planes.format;
    const ptrdiff_t in_pixel = pixel_bytes(f), out_pixel = pixel_bytes(&out_planes.format);
    const ptrdiff_t in_row = row_floats(from_planes) / 16 * in_pixel;
    const float inverse = 1.0f / out_planes.format.scale;
#if !defined(NARROW_IS_BF16)
    const bool is_bytes = is_kept(f, &out_planes.format);  // whose order is the numbers'
#endif
    for (int32_t y = y0; y < y1; y++) {
        const int32_t top = y * stride - padding;
        const int32_t ky0 = larger(0, -top), ky1 = smaller(kernel, from_planes.height - top);
        uint8_t *to = out + byte(to_planes, out_planes.format, block, y, 0);
        for (int32_t x = 0; x < to_planes.width; x++, to += out_pixel) {
            const int32_t left = x * stride - padding;
            const int32_t kx0 = larger(0, -left), kx1 = smaller(kernel, from_planes.width - left);
            const uint8_t *from = in + byte(from_planes, *f, block, top, left);
#if !defined(NARROW_IS_BF16)
            if (is_bytes) {
                __m128i most = _mm_setzero_si128();
                for (int32_t ky = ky0; ky < ky1; ky++)
                    for (int32_t kx = kx0; kx < kx1; kx++)
                        most = _mm_max_epu8(
                            most, _mm_loadu_si128((const __m128i *)(from + ky * in_row + kx * 16)));
                _mm_storeu_si128((__m128i *)to, most);
                continue;
            }
#endif
            vec most = (vec)-__builtin_inff();
            for (int32_t ky = ky0; ky < ky1; ky++)
                for (int32_t kx = kx0; kx < kx1; kx++)
                    most = at_least(load_any(f, from + ky * in_row + kx * in_pixel), most);
            store_any(&out_planes.format, inverse, to, most);
        }
    }
}

static void upsample_rows(
    struct dd_narrow_planes in_planes, struct dd_narrow_planes out_planes, int32_t factor,
    int32_t block, int32_t y0, int32_t y1, const uint8_t *in, uint8_t *out
) {
    const struct dd_format *const f = &in_planes.format, *const g = &out_planes.format;
    const float inverse = 1.0f / g->scale;
    for (int32_t y = y0; y < y1; y++) {
        const uint8_t *from = in + byte(in_planes.planes, *f, block, y / factor, 0);
        uint8_t *to = out + byte(out_planes.planes, *g, block, y, 0);
        if (is_kept(f, g)) {
            for (int32_t x = 0; x < in_planes.planes.width; x++, from += 16 * BYTES)
                for (int32_t i = 0; i < factor; i++, to += 16 * BYTES)
                    __builtin_memcpy(to, from, 16 * BYTES);
            continue;
        }
        for (int32_t x = 0; x < in_planes.planes.width; x++, from += pixel_bytes(f)) {
            const vec v = load_any(f, from);
            for (int32_t i = 0; i < factor; i++, to += pixel_bytes(g)) store_any(g, inverse, to, v);
        }
    }
}

static void add_rows(
    struct dd_narrow_planes x_planes, struct dd_narrow_planes y_planes,
    struct dd_narrow_planes out_planes, int32_t block, int32_t y0, int32_t y1, const uint8_t *x,
    const uint8_t *y, uint8_t *out
) {
    const float inverse = 1.0f / out_planes.format.scale;
    for (int32_t row = y0; row < y1; row++) {
        const uint8_t *left = x + byte(x_planes.planes, x_planes.format, block, row, 0);
        const uint8_t *right = y + byte(y_planes.planes, y_planes.format, block, row, 0);
        uint8_t *to = out + byte(out_planes.planes, out_planes.format, block, row, 0);
        for (int32_t i = 0; i < out_planes.planes.width; i++) {
            store_any(
                &out_planes.format, inverse, to,
                load_any(&x_planes.format, left) + load_any(&y_planes.format, right));
            left += pixel_bytes(&x_planes.format);
            right += pixel_bytes(&y_planes.format);
            to += pixel_bytes(&out_planes.format);
        }
    }
}

typedef double wide __attribute__((ext_vector_type(LANES)));

#if !defined(NARROW_IS_BF16)
/// The sums of the lanes of a row of bytes: exact.
INLINE __m512i row_sums(const uint8_t *row, int32_t width) {
    __m512i total = _mm512_setzero_si512();
    for (int32_t x0 = 0; x0 < width; x0 += 256) {
        // Even pixels in the lower half, odd ones in the upper: at most 128 of 255, below 2^16.
        __m512i sum = _mm512_setzero_si512();
        const int32_t x1 = smaller(width, x0 + 256);
        int32_t x = x0;
        for (; x + 2 <= x1; x += 2)
            sum = _mm512_add_epi16(
                sum, _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)(row + x * 16))));
        if (x < x1)
            sum = _mm512_add_epi16(
                sum, _mm512_zextsi256_si512(_mm256_cvtepu8_epi16(
                         _mm_loadu_si128((const __m128i *)(row + x * 16)))));
        total = _mm512_add_epi32(total, _mm512_cvtepu16_epi32(_mm512_castsi512_si256(sum)));
        total = _mm512_add_epi32(total, _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(sum, 1)));
    }
    return total;
}
#endif

/// Sums of up to 32 pixels in float, four side by side, all further in double, as for floats; of bytes
/// in whole numbers.
static void means(
    struct dd_narrow_planes planes, int32_t block0, int32_t block1, const uint8_t *in, float *out
) {
    const struct dd_format *const f = &planes.format;
    const ptrdiff_t step = pixel_bytes(f);
    for (int32_t b = block0; b < block1; b++) {
        wide total = (wide)0.0;
        for (int32_t y = 0; y < planes.planes.height; y++) {
            const uint8_t *row = in + byte(planes.planes, *f, b, y, 0);
#if !defined(NARROW_IS_BF16)
            if (f->element == DD_U8) {
                typedef int32_t whole __attribute__((ext_vector_type(LANES)));
                const whole sums = (whole)row_sums(row, planes.planes.width);
                total += __builtin_convertvector(sums, wide);
                continue;
            }
#endif
            for (int32_t x0 = 0; x0 < planes.planes.width; x0 += 32) {
                const int32_t x1 = smaller(planes.planes.width, x0 + 32);
                vec sum[4] = {(vec)0.0f, (vec)0.0f, (vec)0.0f, (vec)0.0f};
                int32_t x = x0;
                for (; x + 4 <= x1; x += 4)
                    UNROLL for (int i = 0; i < 4; i++) sum[i] += load_any(f, row + (x + i) * step);
                for (; x < x1; x++) sum[0] += load_any(f, row + x * step);
                total += __builtin_convertvector((sum[0] + sum[1]) + (sum[2] + sum[3]), wide);
            }
        }
        total /= (double)planes.planes.height * planes.planes.width;
        if (f->element == DD_U8) total = (total - (double)f->zero) * (double)f->scale;
        store(out + b * 16, __builtin_convertvector(total, vec));
    }
}
