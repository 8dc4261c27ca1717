// Narrow values moved in and out of planes, one number after another: a form for every machine.
#include <string.h>

#include "narrow.h"

/// What is stored for x: to the nearest, ties to even; bytes end at 0 and 255.
static void put(struct dd_format f, float inverse, uint8_t *to, float x) {
    if (f.element == DD_FLOAT) {
        x *= inverse;
        memcpy(to, &x, 4);
    } else if (f.element == DD_BF16) {
        const uint16_t bits = bf16_of(x * inverse);
        memcpy(to, &bits, 2);
    } else {
        const float q = (float)((double)x * inverse + f.zero);
        const float rounder = 0x1.8p23f;  // adding it leaves the nearest integer
        *to = (uint8_t)((q > 0 ? q < 255 ? q : 255 : 0) + rounder - rounder);  // NaN: 0
    }
}

static float get(struct dd_format f, const uint8_t *from) {
    if (f.element == DD_U8) return (float)(*from - f.zero) * f.scale;
    uint32_t bits = 0;
    if (f.element == DD_FLOAT) {
        memcpy(&bits, from, 4);
    } else {
        uint16_t high;
        memcpy(&high, from, 2);
        bits = (uint32_t)high << 16;
    }
    return __builtin_bit_cast(float, bits) * f.scale;
}

static bool same_format(struct dd_format a, struct dd_format b) {
    return a.element == b.element && a.scale == b.scale && a.zero == b.zero;
}

void dd_narrow_copy_rows(
    struct dd_narrow_planes in_planes, struct dd_narrow_planes out_planes, int32_t in_channel,
    int32_t out_channel, int32_t channels, int32_t y0, int32_t y1, const uint8_t *in,
    ptrdiff_t in_count, uint8_t *out, ptrdiff_t out_count
) {
    const struct dd_planes p = in_planes.planes, q = out_planes.planes;
    const struct dd_format f = in_planes.format, g = out_planes.format;
    require_value(p, f, in_count);
    require_value(q, g, out_count);
    require_rows(q, 0, y0, y1);
    require(same_picture(p, q) && channels >= 0);
    require(within(0, in_channel, p.blocks * p.lanes - channels));
    require(within(0, out_channel, q.blocks * q.lanes - channels));
    const ptrdiff_t size = element_bytes(f.element), out_size = element_bytes(g.element);
    const bool is_same = same_format(f, g);
    const float inverse = 1.0f / g.scale;
    // Runs of channels that lie side by side in both.
    for (int32_t done = 0, run; done < channels; done += run) {
        const int32_t from = in_channel + done, to = out_channel + done;
        const int32_t from_left = p.lanes - from % p.lanes, to_left = q.lanes - to % q.lanes;
        run = channels - done;
        if (run > from_left) run = from_left;
        if (run > to_left) run = to_left;
        for (int32_t y = y0; y < y1; y++) {
            const uint8_t *source = in + byte(p, f, from / p.lanes, y, 0) + from % p.lanes * size;
            uint8_t *target = out + byte(q, g, to / q.lanes, y, 0) + to % q.lanes * out_size;
            for (int32_t x = 0; x < q.width; x++) {
                if (is_same) memcpy(target, source, (size_t)(run * size));
                else
                    for (int32_t i = 0; i < run; i++)
                        put(g, inverse, target + i * out_size, get(f, source + i * size));
                source += p.lanes * size;
                target += q.lanes * out_size;
            }
        }
    }
}

void dd_narrow_clear(
    struct dd_narrow_planes planes, int32_t block0, int32_t block1, int32_t y0, int32_t y1,
    int whole, uint8_t *out, ptrdiff_t out_count
) {
    const struct dd_planes p = planes.planes;
    const struct dd_format f = planes.format;
    require_value(p, f, out_count);
    require(0 <= block0 && block0 <= block1 && block1 <= p.blocks);
    require_rows(p, 0, y0, y1);
    const ptrdiff_t size = element_bytes(f.element);
    const size_t side = (size_t)(p.halo * p.lanes * size), row = (size_t)(row_floats(p) * size);
    if (y0 == y1) return;
    // A float's and a bfloat16's zero is bytes of zero, as `zero` is then.
    for (int32_t b = block0; b < block1; b++) {
        if (y0 == 0) memset(out + b * plane_floats(p) * size, f.zero, (size_t)p.halo * row);
        for (int32_t y = y0; y < y1; y++) {
            uint8_t *from = out + byte(p, f, b, y, -p.halo);
            if (whole) memset(from, f.zero, row);
            memset(from, f.zero, side);
            memset(from + row - side, f.zero, side);
        }
        if (y1 == p.height)
            memset(out + byte(p, f, b, p.height, -p.halo), f.zero, (size_t)p.halo * row);
    }
}

/// Pixels of 4 bytes, the last 0; `is_same` where each byte is its own form.
static void load_row_u8(
    const uint32_t *forms, bool is_same, const uint8_t *from, uint8_t *to, int32_t width
) {
    int32_t x = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    // A pixel is read with the next one's first byte; the row's last has none.
    if (is_same)
        for (; x < width - 1; x++, from += 3, to += 4) {
            uint32_t pixel;
            memcpy(&pixel, from, 4);
            pixel &= 0xffffff;
            memcpy(to, &pixel, 4);
        }
#endif
    for (; x < width; x++, from += 3, to += 4)
        for (int32_t i = 0; i < 4; i++) to[i] = i < 3 ? (uint8_t)forms[from[i]] : 0;
}

/// Pixels of 4 bfloat16, the last 0.
static void load_row_bf16(const uint32_t *forms, const uint8_t *from, uint8_t *to, int32_t width) {
    for (int32_t x = 0; x < width; x++, from += 3, to += 8) {
        const uint64_t pixel = forms[from[0]] | (uint64_t)forms[from[1]] << 16
            | (uint64_t)forms[from[2]] << 32;
        memcpy(to, &pixel, 8);
    }
}

void dd_narrow_load_pixels(
    struct dd_narrow_planes planes, int32_t y0, int32_t y1, const uint8_t *pixels,
    ptrdiff_t pixels_count, uint8_t *out, ptrdiff_t out_count
) {
    const struct dd_planes p = planes.planes;
    const struct dd_format f = planes.format;
    require_value(p, f, out_count);
    require_rows(p, 0, y0, y1);
    require(pixels_count / 3 / p.width >= y1 - y0);
    // A value has 256 possible forms; a pixel is put together of three.
    uint32_t forms[256] = {};
    bool is_same = true;
    for (int32_t v = 0; v < 256; v++) {
        put(f, 1.0f / f.scale, (uint8_t *)&forms[v], (float)v / 255);
        is_same &= forms[v] == (uint32_t)v;
    }
    const ptrdiff_t size = element_bytes(f.element);
    for (int32_t y = y0; y < y1; y++) {
        const uint8_t *from = pixels + (ptrdiff_t)(y - y0) * p.width * 3;
        uint8_t *to = out + byte(p, f, 0, y, 0);
        // Where zero is not stored as 0, or lanes are many: these are none of the three.
        if (p.lanes != 4 || f.zero != 0) {
            for (int32_t x = 0; x < p.width; x++)
                for (int32_t i = 3; i < p.lanes; i++)
                    put(f, 1.0f / f.scale, to + (x * p.lanes + i) * size, 0);
        }
        if (size == 1 && p.lanes == 4 && f.zero == 0) load_row_u8(forms, is_same, from, to, p.width);
        else if (size == 2 && p.lanes == 4) load_row_bf16(forms, from, to, p.width);
        else
            for (int32_t x = 0; x < p.width; x++, from += 3, to += p.lanes * size)
                for (int32_t i = 0; i < 3; i++) memcpy(to + i * size, &forms[from[i]], (size_t)size);
    }
}

void dd_narrow_load_tensor(
    struct dd_narrow_planes planes, int32_t channels, const float *tensor, ptrdiff_t tensor_count,
    uint8_t *out, ptrdiff_t out_count
) {
    const struct dd_planes p = planes.planes;
    const struct dd_format f = planes.format;
    require_value(p, f, out_count);
    require(within(0, channels, p.blocks * p.lanes));
    const ptrdiff_t picture = (ptrdiff_t)p.height * p.width, size = element_bytes(f.element);
    require(channels == 0 || tensor_count / channels >= picture);
    for (int32_t c = 0; c < p.blocks * p.lanes; c++)
        for (int32_t y = 0; y < p.height; y++) {
            uint8_t *to = out + byte(p, f, c / p.lanes, y, 0) + c % p.lanes * size;
            const float *from = tensor + (c * picture + (ptrdiff_t)y * p.width);
            for (int32_t x = 0; x < p.width; x++, to += p.lanes * size)
                put(f, 1.0f / f.scale, to, c < channels ? from[x] : 0);
        }
}
