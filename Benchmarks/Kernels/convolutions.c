// Times the 63 convolutions of YOLOv8n at 640×640, each alone with bias and SiLU, on one core.
//
//     clang -std=c23 -O2 -I Sources/CKernels/include Benchmarks/Kernels/convolutions.c \
//         Sources/CKernels/*.c -o .build/convolutions
//     .build/convolutions [avx512|avx2|baseline|neon] [passes] [rows a call]
//
// Passes go through all layers in turn, so that a busy neighbour hurts all alike; the best pass of
// each layer counts. Printed: milliseconds, GFLOP/s (a multiply-add is two), and the sum.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "CKernels.h"

// The picture's stem, then stages of equal layers: input and output channels, kernel, stride, the
// input's side, and how often the shape occurs.
static const struct layer {
    const char *name;
    int32_t in, out, kernel, stride, side, times;
} layers[] = {
    {"0 stem", 3, 16, 3, 2, 640, 1},      {"1", 16, 32, 3, 2, 320, 1},
    {"2 cv1", 32, 32, 1, 1, 160, 1},      {"2 m", 16, 16, 3, 1, 160, 2},
    {"2 cv2", 48, 32, 1, 1, 160, 1},      {"3", 32, 64, 3, 2, 160, 1},
    {"4 cv1", 64, 64, 1, 1, 80, 1},       {"4, 15 m", 32, 32, 3, 1, 80, 6},
    {"4 cv2", 128, 64, 1, 1, 80, 1},      {"5", 64, 128, 3, 2, 80, 1},
    {"6 cv1", 128, 128, 1, 1, 40, 1},     {"6, 12, 18 m", 64, 64, 3, 1, 40, 9},
    {"6 cv2", 256, 128, 1, 1, 40, 1},     {"7", 128, 256, 3, 2, 40, 1},
    {"8 cv1", 256, 256, 1, 1, 20, 1},     {"8, 21 m", 128, 128, 3, 1, 20, 4},
    {"8, 21 cv", 384, 256, 1, 1, 20, 3},  {"9 cv1", 256, 128, 1, 1, 20, 1},
    {"9 cv2", 512, 256, 1, 1, 20, 1},     {"12 cv1", 384, 128, 1, 1, 40, 1},
    {"12, 18 cv", 192, 128, 1, 1, 40, 3}, {"15 cv1", 192, 64, 1, 1, 80, 1},
    {"15 cv2", 96, 64, 1, 1, 80, 1},      {"16", 64, 64, 3, 2, 80, 1},
    {"19", 128, 128, 3, 2, 40, 1},        {"22 box 80", 64, 64, 3, 1, 80, 2},
    {"22 box 80", 64, 64, 1, 1, 80, 1},   {"22 cls 80", 64, 80, 3, 1, 80, 1},
    {"22 cls 80", 80, 80, 3, 1, 80, 1},   {"22 cls 80", 80, 80, 1, 1, 80, 1},
    {"22 box 40", 128, 64, 3, 1, 40, 1},  {"22 box 40", 64, 64, 1, 1, 40, 1},
    {"22 cls 40", 128, 80, 3, 1, 40, 1},  {"22 cls 40", 80, 80, 3, 1, 40, 1},
    {"22 cls 40", 80, 80, 1, 1, 40, 1},   {"22 box 20", 256, 64, 3, 1, 20, 1},
    {"22 box 20", 64, 64, 3, 1, 20, 1},   {"22 box 20", 64, 64, 1, 1, 20, 1},
    {"22 cls 20", 256, 80, 3, 1, 20, 1},  {"22 cls 20", 80, 80, 3, 1, 20, 1},
    {"22 cls 20", 80, 80, 1, 1, 20, 1},
};
enum { COUNT = sizeof layers / sizeof *layers };

static double milliseconds(void) {
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static float *floats(ptrdiff_t count) {
    float *made = aligned_alloc(64, ((size_t)count * sizeof(float) + 63) / 64 * 64);
    for (ptrdiff_t i = 0; i < count; i++) made[i] = (float)(rand() % 201 - 100) * 1e-3f;
    return made;
}

static ptrdiff_t size(struct dd_planes p) {
    return (ptrdiff_t)p.blocks * (p.height + 2 * p.halo) * (p.width + 2 * p.halo) * p.lanes;
}

/// One layer, `rows` at a time, all weight groups over those rows.
static double run(struct layer l, enum dd_isa isa, int32_t rows) {
    const int32_t lanes = l.in < 16 ? 4 : 16, side = l.side / l.stride;
    struct dd_conv conv = {
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
    };
    static float *in[COUNT], *out[COUNT], *weights[COUNT], *bias;
    static int index;
    const ptrdiff_t block = (ptrdiff_t)l.in * l.kernel * l.kernel * 16;
    const ptrdiff_t weights_count = block * conv.out.blocks;
    if (!in[index]) {
        in[index] = floats(size(conv.in));
        out[index] = floats(size(conv.out));
        weights[index] = floats(weights_count);
    }
    if (!bias) bias = floats(512);
    uint8_t used[64];
    memset(used, lanes == 4 ? 3 : 16, sizeof used);
    const int32_t group = dd_conv_group(isa);
    const double start = milliseconds();
    for (int32_t y = 0; y < side; y += rows)
        for (int32_t g = 0; g * group < conv.out.blocks; g++)
            dd_conv_rows(
                isa, conv, g, y, y + rows < side ? y + rows : side, in[index], size(conv.in), used,
                conv.in.blocks, weights[index] + g * group * block,
                weights_count - g * group * block, bias, 512, bias, 0, conv.out, out[index],
                size(conv.out));
    const double spent = milliseconds() - start;
    index = (index + 1) % COUNT;
    return spent;
}

int main(int count, char **words) {
    const char *const names[] = {"baseline", "avx2", "avx512", "neon"};
    enum dd_isa isa = DD_AVX512;
    for (int i = 0; i < 4; i++)
        if (count > 1 && strcmp(words[1], names[i]) == 0) isa = (enum dd_isa)i;
    if (!dd_isa_available(isa)) return fprintf(stderr, "this CPU has no %s\n", names[isa]), 1;
    const int passes = count > 2 ? atoi(words[2]) : 20, rows = count > 3 ? atoi(words[3]) : 8;
    double best[COUNT], sum = 0, operations = 0;
    for (int pass = 0; pass < passes; pass++)
        for (int i = 0; i < COUNT; i++) {
            const double spent = run(layers[i], isa, rows);
            if (pass == 0 || spent < best[i]) best[i] = spent;
        }
    for (int i = 0; i < COUNT; i++) {
        const struct layer l = layers[i];
        const double side = l.side / l.stride;
        const double flops = 2 * side * side * l.in * l.out * l.kernel * l.kernel;
        printf(
            "%-12s %3d → %3d  %d×%d/%d %4d² ×%d  %7.3f ms  %6.1f GFLOP/s\n", l.name, l.in, l.out,
            l.kernel, l.kernel, l.stride, l.side, l.times, best[i], flops / best[i] * 1e-6);
        sum += best[i] * l.times;
        operations += flops * l.times;
    }
    printf("%s: %.2f ms, %.1f GFLOP/s\n", names[isa], sum, operations / sum * 1e-6);
}
