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

#include "CKernels.h"
#include "layers.h"

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
