#include "CResizing.h"

#include <stdbool.h>
#include <string.h>

static inline void require(bool holds) {
    if (!holds) __builtin_trap();
}

typedef uint8_t bytes4 __attribute__((vector_size(4)));
typedef uint8_t bytes8 __attribute__((vector_size(8)));
typedef int16_t shorts4 __attribute__((vector_size(8)));
typedef int16_t shorts8 __attribute__((vector_size(16)));
typedef int32_t ints4 __attribute__((vector_size(16)));
typedef int32_t ints8 __attribute__((vector_size(32)));

/// Four samples of two pixels, weighted: products side by side, and their sums.
static inline shorts4 stretched(const uint8_t *first, const uint8_t *second, struct rz_tap tap) {
    bytes4 one, other;
    memcpy(&one, first, sizeof one);
    memcpy(&other, second, sizeof other);
    const bytes8 pairs = __builtin_shufflevector(one, other, 0, 4, 1, 5, 2, 6, 3, 7);
    int32_t both;  // weights, side by side as in a tap
    memcpy(&both, &tap.first_weight, sizeof both);
    const shorts8 weights = (shorts8)((ints4){} + both);
    const ints8 products = __builtin_convertvector(__builtin_convertvector(pairs, shorts8), ints8)
        * __builtin_convertvector(weights, ints8);
    const ints4 sums = __builtin_shufflevector(products, products, 0, 2, 4, 6)
        + __builtin_shufflevector(products, products, 1, 3, 5, 7);
    return __builtin_convertvector(sums >> 4, shorts4);  // at most 255·2048 >> 4
}

void rz_stretch(
    const struct rz_tap *taps, ptrdiff_t tap_count, const uint8_t *line, ptrdiff_t line_count,
    int16_t *out, ptrdiff_t out_count
) {
    require(out_count / 3 == tap_count && out_count % 3 == 0);
    for (ptrdiff_t x = 0; x < tap_count; x++) {
        const struct rz_tap tap = taps[x];
        const ptrdiff_t first = (ptrdiff_t)tap.first * 3, second = (ptrdiff_t)tap.second * 3;
        const ptrdiff_t last = first > second ? first : second;
        require(tap.first >= 0 && tap.second >= 0 && last + 3 <= line_count);
        if (last + 4 <= line_count && x + 1 < tap_count) {
            // The fourth is of the next pixel; the next tap writes over it.
            const shorts4 four = stretched(line + first, line + second, tap);
            memcpy(out + x * 3, &four, sizeof four);
        } else {
            for (ptrdiff_t c = 0; c < 3; c++) {
                const int32_t sum = line[first + c] * tap.first_weight
                    + line[second + c] * tap.second_weight;
                out[x * 3 + c] = (int16_t)(sum >> 4);
            }
        }
    }
}

/// The upper halves of eight products; the compiler knows the instruction for it.
static inline shorts8 upper_halves(shorts8 x, int16_t weight) {
    const shorts8 weights = (shorts8){} + weight;
    const ints8 product = __builtin_convertvector(x, ints8) * __builtin_convertvector(weights, ints8);
    return __builtin_convertvector(product >> 16, shorts8);
}

static inline bytes8 blended(
    const int16_t *upper, int16_t upper_weight, const int16_t *lower, int16_t lower_weight
) {
    shorts8 above, below;
    memcpy(&above, upper, sizeof above);
    memcpy(&below, lower, sizeof below);
    const shorts8 sum = upper_halves(above, upper_weight) + upper_halves(below, lower_weight);
    return __builtin_convertvector((sum + 2) >> 2, bytes8);
}

void rz_blend(
    const int16_t *upper, ptrdiff_t upper_count, int16_t upper_weight, const int16_t *lower,
    ptrdiff_t lower_count, int16_t lower_weight, uint8_t *out, ptrdiff_t out_count
) {
    require(upper_count == out_count && lower_count == out_count);
    ptrdiff_t i = 0;
    for (; i + 8 <= out_count; i += 8) {
        const bytes8 eight = blended(upper + i, upper_weight, lower + i, lower_weight);
        memcpy(out + i, &eight, sizeof eight);
    }
    for (; i < out_count; i++) {
        const int32_t above = upper[i] * upper_weight >> 16, below = lower[i] * lower_weight >> 16;
        out[i] = (uint8_t)((above + below + 2) >> 2);
    }
}
