// Times the 63 convolutions of YOLOv8n at 640×640 in bfloat16 (direct, and Winograd where it may be)
// and in bytes, each alone with bias and SiLU, on one core; the three interleaved, layer by layer.
//
//     clang -std=c23 -O2 -I Sources/CKernels/include Benchmarks/Kernels/narrow.c \
//         Sources/CKernels/*.c -o .build/narrow
//     .build/narrow [passes] [rows a call] [tiles a call of Winograd]
//
// The best pass of each layer counts. Printed: milliseconds and G operations/s (a multiply-add is
// two; Winograd's are the direct ones), and sums; then the cost of mixing four experts.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CNarrow.h"
#include "layers.h"

static uint8_t *noise(ptrdiff_t count) {
    uint8_t *made = aligned_alloc(64, ((size_t)count + 63) / 64 * 64);
    for (ptrdiff_t i = 0; i < count; i++) made[i] = (uint8_t)(rand() % 61);
    return made;
}

static float *ones(ptrdiff_t count) {
    float *made = aligned_alloc(64, (size_t)count * 4);
    for (ptrdiff_t i = 0; i < count; i++) made[i] = 1e-3f;
    return made;
}

static ptrdiff_t size(struct dd_planes p, enum dd_element e) {
    return (ptrdiff_t)p.blocks * (p.height + 2 * p.halo) * (p.width + 2 * p.halo) * p.lanes
        * (e == DD_BF16 ? 2 : 1);
}

enum way { BF16, WINOGRAD, BYTES, WAYS };

/// One layer, `rows` at a time, all weight groups over those rows; 0 where the way is none.
static double run(int index, enum way way, int32_t rows, int32_t tiles) {
    const struct layer l = layers[index];
    if (way == WINOGRAD && (l.kernel != 3 || l.stride != 1)) return 0;
    const enum dd_element element = way == BYTES ? DD_U8 : DD_BF16;
    const int32_t lanes = l.in < 16 ? 4 : 16, side = l.side / l.stride;
    const struct dd_format format = {element, 1, 0};
    const struct dd_narrow_conv c = {
        .conv = {
            .in = {(l.in + lanes - 1) / lanes, l.side, l.side, 1, lanes},
            .out = {(l.out + 15) / 16, side, side, 1, 16},
            .kernel_height = l.kernel,
            .kernel_width = l.kernel,
            .stride_height = l.stride,
            .stride_width = l.stride,
            .padding_height = l.kernel / 2,
            .padding_width = l.kernel / 2,
            .dilation_height = 1,
            .dilation_width = 1,
            .activation = DD_SILU,
        },
        .in = format,
        .out = format,
        .residual = format,
    };
    static uint8_t *in[COUNT], *out[COUNT], *weights[COUNT], *scratch;
    static float *numbers;
    const int32_t channels = dd_step_channels(element);
    const ptrdiff_t steps = (lanes == 4 ? (3 + channels - 1) / channels : 16 / channels);
    const ptrdiff_t block =
        c.conv.in.blocks * steps * (way == WINOGRAD ? 16 : l.kernel * l.kernel) * 64;
    const ptrdiff_t in_size = size(c.conv.in, element), out_size = size(c.conv.out, element);
    const ptrdiff_t most = (ptrdiff_t)16 << 20;
    if (!in[index]) {
        in[index] = noise(size(c.conv.in, DD_BF16));
        out[index] = noise(size(c.conv.out, DD_BF16));
        weights[index] = noise((c.conv.in.blocks * 8 + 1) * 16 * 64 * c.conv.out.blocks);
    }
    if (!scratch) scratch = noise(most);
    if (!numbers) numbers = ones(512);
    uint8_t used[64];
    memset(used, lanes == 4 ? 3 : 16, sizeof used);
    if (way == WINOGRAD) rows = (tiles + side / 2 - 1) / (side / 2) * 2;
    const double start = milliseconds();
    for (int32_t y = 0; y < side; y += rows) {
        const int32_t end = y + rows < side ? y + rows : side;
        if (way == WINOGRAD) {
            dd_winograd_rows(
                c, y, end, in[index], in_size, weights[index],
                (block + 16 * 64) * c.conv.out.blocks, numbers,
                512, numbers, 512, in[index], 0, scratch, most, out[index], out_size);
            continue;
        }
        for (int32_t g = 0; g * DD_NARROW_GROUP < c.conv.out.blocks; g++) {
            const ptrdiff_t first = g * DD_NARROW_GROUP * block;
            dd_narrow_conv_rows(
                c, g, y, end, in[index], in_size, used, c.conv.in.blocks, weights[index] + first,
                block * c.conv.out.blocks - first, numbers, 512, numbers, 512, in[index], 0,
                out[index], out_size);
        }
    }
    return milliseconds() - start;
}

/// Four experts of every bottleneck convolution mixed: milliseconds a picture, caches cold as when a
/// whole network runs in between.
static double mix(enum way way, enum dd_element element) {
    static uint8_t *experts[COUNT], *out, *flush;
    static float *floats, *numbers;
    const ptrdiff_t most = (ptrdiff_t)4 << 20;
    if (!out) out = noise(most), flush = noise(most * 16), floats = ones(most), numbers = ones(512);
    memset(flush, rand(), (size_t)most * 16);
    double spent = 0;
    for (int i = 0; i < COUNT; i++) {
        const struct layer l = layers[i];
        if (!strstr(l.name, " m")) continue;
        const ptrdiff_t count = (ptrdiff_t)l.in * l.out * 9, group = l.out < 32 ? l.out : 32;
        if (!experts[i]) experts[i] = noise(count * 4 * 4);
        const ptrdiff_t bytes = count * 4 * (element == DD_FLOAT ? 4 : 2);
        const double start = milliseconds();
        for (ptrdiff_t o = 0; o < l.out; o += group) {
            const ptrdiff_t n = group * l.in * 9, first = o * l.in * 9;
            const int32_t blocks = (int32_t)group / 16;
            if (way == BF16)
                dd_mix_bf16(element, 4, first, numbers, 4, experts[i], bytes, out, n * 2);
            else if (way == WINOGRAD)
                dd_winograd_group(
                    element, 4, first, l.in / 16, blocks, numbers, 4, experts[i], bytes, out, most);
            else
                dd_quantize_group(
                    element, 4, first, blocks, (struct dd_format){DD_U8, 1, 3}, numbers, 4, experts[i],
                    bytes, floats, most, numbers, 32, numbers + 32, 32, out, n);
        }
        spent += (milliseconds() - start) * l.times;
    }
    return spent;
}

int main(int count, char **words) {
    if (!dd_element_available(DD_BF16) || !dd_element_available(DD_U8))
        return fprintf(stderr, "this CPU lacks BF16 or VNNI\n"), 1;
    const int passes = count > 1 ? atoi(words[1]) : 20, rows = count > 2 ? atoi(words[2]) : 8;
    const int tiles = count > 3 ? atoi(words[3]) : 40;
    double best[COUNT][WAYS], sums[WAYS] = {}, least = 0, operations = 0;
    for (int pass = 0; pass < passes; pass++)
        for (int i = 0; i < COUNT; i++)
            for (enum way way = 0; way < WAYS; way++) {
                const double spent = run(i, way, rows, tiles);
                if (pass == 0 || spent < best[i][way]) best[i][way] = spent;
            }
    printf("%34s bfloat16              Winograd              bytes\n", "");
    for (int i = 0; i < COUNT; i++) {
        const struct layer l = layers[i];
        const double side = l.side / l.stride;
        const double work = 2 * side * side * l.in * l.out * l.kernel * l.kernel;
        printf(
            "%-12s %3d → %3d  %d×%d/%d %4d² ×%d", l.name, l.in, l.out, l.kernel, l.kernel, l.stride,
            l.side, l.times);
        for (enum way way = 0; way < WAYS; way++) {
            if (best[i][way] == 0) printf("%22s", "");
            else printf("  %6.3f ms %6.1f G/s", best[i][way], work / best[i][way] * 1e-6);
            sums[way] += best[i][way] * l.times;
        }
        printf("\n");
        const double winograd = best[i][WINOGRAD];
        least += (winograd > 0 && winograd < best[i][BF16] ? winograd : best[i][BF16]) * l.times;
        operations += work * l.times;
    }
    printf(
        "bfloat16 %.2f ms (%.1f G/s), with the better way %.2f ms; bytes %.2f ms (%.1f G/s)\n",
        sums[BF16], operations / sums[BF16] * 1e-6, least, sums[BYTES],
        operations / sums[BYTES] * 1e-6);
    const char *const names[] = {"bfloat16", "transformed bfloat16", "bytes"};
    for (enum way way = 0; way < WAYS; way++)
        for (enum dd_element element = DD_FLOAT; element <= DD_BF16; element++) {
            double spent = 1e9;
            for (int pass = 0; pass < passes; pass++) {
                const double once = mix(way, element);
                if (once < spent) spent = once;
            }
            printf(
                "mixing 4 experts of %s to %s: %.3f ms\n", element == DD_FLOAT ? "float" : "bfloat16",
                names[way], spent);
        }
}
