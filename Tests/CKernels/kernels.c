// Every kernel in floats against a plain twin in double, for each instruction set of the CPU it runs
// on, at odd sizes. The Swift tests ask more of them; this is C alone, so that it also runs where they
// cannot: scripts/test-neon builds it for ARM and runs it on an emulated one.
#include "planes.h"

static enum dd_isa isa;

struct window { int32_t in, out, height, width, kernel, stride, dilation, activation, residual; };

static double activated(int32_t activation, double x) {
    switch (activation) {
    case DD_SILU: return x / (1 + exp(-x));
    case DD_RELU: return x > 0 ? x : 0;
    case DD_HARDSWISH: return x * fmin(fmax(x + 3, 0), 6) / 6;
    default: return x;
    }
}

/// A convolution's arguments, and its plain kernel [out][in][k][k].
struct layer {
    struct dd_conv conv;
    struct value in, out, residual;
    ptrdiff_t residual_count;
    uint8_t *used;
    float *kernel, *bias;
    bool depthwise;
};

static struct layer layer(struct window w, bool depthwise) {
    const int32_t padding = w.kernel / 2 * w.dilation, reach = (w.kernel - 1) * w.dilation;
    const int32_t height = (w.height + 2 * padding - reach - 1) / w.stride + 1;
    const int32_t width = (w.width + 2 * padding - reach - 1) / w.stride + 1;
    struct layer l = {.depthwise = depthwise};
    l.in = noisy(w.in, w.height, w.width, padding);
    l.out = value(w.out, height, width, 1);
    l.residual = noisy(w.out, height, width, 0);
    l.residual_count = w.residual ? l.residual.count : 0;
    l.conv = (struct dd_conv){
        .in = l.in.planes,
        .out = l.out.planes,
        .kernel_height = w.kernel,
        .kernel_width = w.kernel,
        .stride_height = w.stride,
        .stride_width = w.stride,
        .padding_height = padding,
        .padding_width = padding,
        .dilation_height = w.dilation,
        .dilation_width = w.dilation,
        .activation = (enum dd_activation)w.activation,
    };
    l.used = malloc((size_t)l.conv.in.blocks);
    for (int32_t b = 0; b < l.conv.in.blocks; b++)
        l.used[b] = (uint8_t)(w.in - b * 16 < 16 ? w.in - b * 16 : 16);
    const ptrdiff_t weights = (ptrdiff_t)w.out * (depthwise ? 1 : w.in) * w.kernel * w.kernel;
    l.kernel = filled(weights, 0);
    for (ptrdiff_t i = 0; i < weights; i++) l.kernel[i] = noise();
    l.bias = filled(l.conv.out.blocks * 16, 0);
    for (int32_t c = 0; c < w.out; c++) l.bias[c] = noise();
    return l;
}

static void drop(struct layer l) {
    free(l.in.floats);
    free(l.out.floats);
    free(l.residual.floats);
    free(l.used);
    free(l.kernel);
    free(l.bias);
}

/// The output as the definition has it. A sum of n products of numbers below 1 may be off by some 1e-6 of n.
static void expect(const char *what, struct layer l, struct window w) {
    for (int32_t o = 0; o < w.out; o++)
        for (int32_t y = 0; y < l.out.planes.height; y++)
            for (int32_t x = 0; x < l.out.planes.width; x++) {
                double sum = l.bias[o];
                const int32_t inputs = l.depthwise ? 1 : w.in;
                for (int32_t i = 0; i < inputs; i++)
                    for (int32_t ky = 0; ky < w.kernel; ky++)
                        for (int32_t kx = 0; kx < w.kernel; kx++)
                            sum += (double)*at(
                                       l.in, l.depthwise ? o : i,
                                       y * w.stride + ky * w.dilation - l.conv.padding_height,
                                       x * w.stride + kx * w.dilation - l.conv.padding_width)
                                * l.kernel[((o * inputs + i) * w.kernel + ky) * w.kernel + kx];
                double expected = activated(w.activation, sum);
                if (w.residual) expected += *at(l.residual, o, y, x);
                compare(what, *at(l.out, o, y, x), expected, 2e-6 * (inputs * w.kernel * w.kernel + 4));
            }
    untouched(what, l.out, 0, l.out.planes.blocks, 0, l.out.planes.height);
}

/// One group's weights: [in block][k][k][step][g][16].
static float *packed(struct layer l, struct window w, int32_t first, int32_t blocks, ptrdiff_t *count) {
    const int32_t cells = w.kernel * w.kernel;
    *count = (ptrdiff_t)w.in * cells * blocks * 16;
    float *made = filled(*count, 0), *to = made;
    for (int32_t b = 0; b < l.conv.in.blocks; b++)
        for (int32_t cell = 0; cell < cells; cell++)
            for (int32_t step = 0; step < l.used[b]; step++)
                for (int32_t lane = 0; lane < blocks * 16; lane++, to++) {
                    const int32_t o = first * 16 + lane;
                    if (o < w.out) *to = l.kernel[(o * w.in + b * 16 + step) * cells + cell];
                }
    return made;
}

/// Rows in two parts, each group by itself.
static void convolution(struct window w) {
    struct layer l = layer(w, false);
    const int32_t group = dd_conv_group(isa), half = l.out.planes.height / 2;
    for (int32_t g = 0; g * group < l.conv.out.blocks; g++) {
        const int32_t left = l.conv.out.blocks - g * group;
        ptrdiff_t count;
        float *weights = packed(l, w, g * group, left < group ? left : group, &count);
        for (int32_t part = 0; part < 2; part++)
            dd_conv_rows(
                isa, l.conv, g, part ? half : 0, part ? l.out.planes.height : half, l.in.floats,
                l.in.count, l.used, l.conv.in.blocks, weights, count, l.bias, l.conv.out.blocks * 16,
                l.residual.floats, l.residual_count, l.residual.planes, l.out.floats, l.out.count);
        free(weights);
    }
    expect("convolution", l, w);
    drop(l);
}

/// A picture in bytes, two rows at a time, gives what its floats give.
static void picture(struct window w) {
    struct layer l = layer(w, false);
    const ptrdiff_t count = (ptrdiff_t)w.height * w.width * 3;
    uint8_t *pixels = malloc((size_t)count);
    for (ptrdiff_t i = 0; i < count; i++) {
        pixels[i] = (uint8_t)(noise() * 127 + 128);
        const int32_t y = (int32_t)(i / 3 / w.width), x = (int32_t)(i / 3 % w.width);
        *at(l.in, (int32_t)(i % 3), y, x) = (float)pixels[i] / 255;
    }
    struct dd_conv conv = l.conv;
    conv.in.lanes = 4;
    const ptrdiff_t strip_count = dd_strip_count(conv, conv.out.height < 2 ? 1 : 2);
    float *strip = filled(strip_count, NAN);
    const int32_t group = dd_conv_group(isa), height = l.out.planes.height;
    for (int32_t g = 0; g * group < conv.out.blocks; g++) {
        const int32_t left = conv.out.blocks - g * group;
        ptrdiff_t weights_count;
        float *weights = packed(l, w, g * group, left < group ? left : group, &weights_count);
        for (int32_t y = 0; y < height; y += 2) {
            const int32_t end = y + 2 < height ? y + 2 : height;
            dd_load_strip(isa, conv, y, end, pixels, count, strip, strip_count);
            dd_strip_rows(
                isa, conv, g, y, end, strip, strip_count, l.used, 1, weights, weights_count, l.bias,
                conv.out.blocks * 16, l.residual.floats, 0, l.residual.planes, l.out.floats,
                l.out.count);
        }
        free(weights);
    }
    expect("picture", l, w);
    free(pixels);
    free(strip);
    drop(l);
}

/// Tiles in two parts, with two experts that add up to the kernel.
static void winograd(struct window w) {
    struct layer l = layer(w, false);
    const int32_t group = dd_conv_group(isa);
    const int32_t tiles = (l.out.planes.height + 3) / 4 * ((l.out.planes.width + 3) / 4);
    const ptrdiff_t tile = w.stride == 2 ? DD_WINOGRAD_HALVED_TILE : DD_WINOGRAD_TILE;
    const ptrdiff_t transformed = l.conv.in.blocks * tiles * tile;
    float *patches = filled(transformed, NAN), *sums = filled(group * tiles * tile, NAN);
    for (int32_t g = 0; g * group < l.conv.out.blocks; g++) {
        const int32_t left = l.conv.out.blocks - g * group, blocks = left < group ? left : group;
        ptrdiff_t count;
        float *plain = packed(l, w, g * group, blocks, &count);
        float *experts = filled(2 * count, 0), *weights = filled(count * 4 + 576, NAN);
        for (ptrdiff_t i = 0; i < count; i++) {
            experts[count + i] = noise();
            experts[i] = (plain[i] - 0.25f * experts[count + i]) * 2;
        }
        const float alpha[] = {0.5f, 0.25f};
        dd_winograd_weights(
            isa, w.stride, (struct dd_experts){2, 0, count}, blocks, 0, l.conv.in.blocks, alpha, 2,
            (const uint8_t *)experts, 2 * count * 4, alpha, 0, l.used, l.conv.in.blocks, weights,
            count * 4 + 576);
        const int32_t half = tiles / 2;
        for (int32_t part = half ? 0 : 1; part < 2; part++) {
            const int32_t tile0 = part ? half : 0, tile1 = part ? tiles : half;
            const ptrdiff_t some = l.conv.in.blocks * (tile1 - tile0) * tile;
            dd_winograd_input(
                isa, l.conv, tile0, tile1, 0, l.conv.in.blocks, l.in.floats, l.in.count, patches, some);
            dd_winograd_output(
                isa, l.conv, g, tile0, tile1, patches, some, l.used, l.conv.in.blocks, weights,
                count * 4 + 576, l.bias, l.conv.out.blocks * 16, l.residual.floats, l.residual_count,
                l.residual.planes, sums, group * tiles * tile, l.out.floats, l.out.count);
        }
        free(plain);
        free(experts);
        free(weights);
    }
    expect("Winograd", l, w);
    free(patches);
    free(sums);
    drop(l);
}

static void depthwise(struct window w) {
    w.out = w.in;
    struct layer l = layer(w, true);
    const int32_t cells = w.kernel * w.kernel;
    float *weights = filled((ptrdiff_t)l.conv.in.blocks * cells * 16, 0);
    for (int32_t c = 0; c < w.in; c++)
        for (int32_t cell = 0; cell < cells; cell++)
            weights[(c / 16 * cells + cell) * 16 + c % 16] = l.kernel[c * cells + cell];
    for (int32_t b = 0; b < l.conv.in.blocks; b++)
        for (int32_t y = 0; y < l.out.planes.height; y++)
            dd_depthwise_rows(
                isa, l.conv, b, y, y + 1, l.in.floats, l.in.count, weights,
                (ptrdiff_t)l.conv.in.blocks * cells * 16, l.bias, l.conv.out.blocks * 16,
                l.residual.floats, l.residual_count, l.residual.planes, l.out.floats, l.out.count);
    expect("depthwise", l, w);
    free(weights);
    drop(l);
}

static void pooling(int32_t channels, int32_t height, int32_t width, int32_t kernel, int32_t stride) {
    const int32_t padding = kernel / 2;
    const int32_t rows = (height + 2 * padding - kernel) / stride + 1;
    const int32_t columns = (width + 2 * padding - kernel) / stride + 1;
    struct value in = noisy(channels, height, width, 0), out = value(channels, rows, columns, 1);
    for (ptrdiff_t i = 0; i < in.count; i++) in.floats[i] -= 2;  // below what a halo would give
    for (int32_t b = 0; b < in.planes.blocks; b++)
        dd_max_pool_rows(
            isa, in.planes, out.planes, kernel, stride, padding, b, 0, rows, in.floats, in.count,
            out.floats, out.count);
    for (int32_t c = 0; c < channels; c++)
        for (int32_t y = 0; y < rows; y++)
            for (int32_t x = 0; x < columns; x++) {
                float most = -INFINITY;
                for (int32_t ky = y * stride - padding; ky < y * stride - padding + kernel; ky++)
                    for (int32_t kx = x * stride - padding; kx < x * stride - padding + kernel; kx++)
                        if (ky >= 0 && ky < height && kx >= 0 && kx < width)
                            most = fmaxf(most, *at(in, c, ky, kx));
                compare("pooling", *at(out, c, y, x), most, 0);
            }
    untouched("pooling", out, 0, out.planes.blocks, 0, rows);
    free(in.floats);
    free(out.floats);
}

static void planewise(int32_t channels, int32_t height, int32_t width) {
    struct value a = noisy(channels, height, width, 1), b = noisy(channels, height, width, 0);
    struct value sum = value(channels, height, width, 2);
    struct value large = value(channels, height * 2, width * 2, 1);
    const int32_t blocks = a.planes.blocks;
    float *means = filled(blocks * 16, UNTOUCHED);
    for (int32_t block = 0; block < blocks; block++) {
        dd_add_rows(
            isa, a.planes, b.planes, sum.planes, block, 0, height, a.floats, a.count, b.floats,
            b.count, sum.floats, sum.count);
        dd_upsample_rows(
            isa, a.planes, large.planes, 2, block, 0, height * 2, a.floats, a.count, large.floats,
            large.count);
    }
    dd_means(isa, a.planes, 0, blocks, a.floats, a.count, means, blocks * 16);
    for (int32_t c = 0; c < channels; c++) {
        double mean = 0;
        for (int32_t y = 0; y < height; y++)
            for (int32_t x = 0; x < width; x++) {
                const float cell = *at(a, c, y, x);
                mean += (double)cell / height / width;
                compare("sum", *at(sum, c, y, x), cell + *at(b, c, y, x), 0);
                for (int32_t i = 0; i < 4; i++)
                    compare("upsampling", *at(large, c, y * 2 + i / 2, x * 2 + i % 2), cell, 0);
            }
        compare("mean", means[c], mean, 1e-6);
    }
    untouched("sum", sum, 0, blocks, 0, height);
    untouched("upsampling", large, 0, blocks, 0, height * 2);
    free(a.floats);
    free(b.floats);
    free(sum.floats);
    free(large.floats);
    free(means);
}

static void mixing(int32_t experts, ptrdiff_t count) {
    const ptrdiff_t stride = count + 5, first = 2;
    float *kernels = filled(experts * stride, 0), *alpha = filled(experts, 0);
    float *out = filled(count, UNTOUCHED);
    for (ptrdiff_t i = 0; i < experts * stride; i++) kernels[i] = noise();
    for (int32_t e = 0; e < experts; e++) alpha[e] = noise();
    dd_mix(isa, experts, stride, first, alpha, experts, kernels, experts * stride, out, count);
    for (ptrdiff_t i = 0; i < count; i++) {
        double sum = 0;
        for (int32_t e = 0; e < experts; e++)
            sum += (double)alpha[e] * kernels[e * stride + first + i];
        compare("mixing", out[i], sum, 1e-6);
    }
    free(kernels);
    free(alpha);
    free(out);
}

/// The largest number of each row of each block; what is no channel does not count.
static void tops(int32_t channels, int32_t height, int32_t width) {
    struct value v = noisy(channels, height, width, 1);
    float *out = filled((ptrdiff_t)v.planes.blocks * height, UNTOUCHED);
    dd_tops(
        isa, v.planes, channels, 0, height, v.floats, v.count, out,
        (ptrdiff_t)v.planes.blocks * height);
    for (int32_t b = 0; b < v.planes.blocks; b++)
        for (int32_t y = 0; y < height; y++) {
            double most = -INFINITY;
            for (int32_t c = b * 16; c < channels && c < b * 16 + 16; c++)
                for (int32_t x = 0; x < width; x++) most = fmax(most, *at(v, c, y, x));
            compare("tops", out[b * height + y], most, 0);
        }
    free(v.floats);
    free(out);
}

/// Experts scaled by lane: as floats, and where the instruction set reads them as binary16.
static void mixing_experts(int32_t experts, int32_t blocks) {
    const ptrdiff_t lanes = blocks * 16, count = 3 * lanes, stride = 4 * lanes;
    float *kernels = filled(experts * stride, 0), *alpha = filled(experts, 0);
    float *scale = filled(lanes, 0), *out = filled(count, UNTOUCHED);
    uint8_t *halves = malloc((size_t)(experts * stride) * 2);
    for (ptrdiff_t i = 0; i < experts * stride; i++) kernels[i] = (float)(_Float16)noise();
    for (int32_t e = 0; e < experts; e++) alpha[e] = noise();
    for (ptrdiff_t i = 0; i < lanes; i++) scale[i] = noise();
    const int has = dd_pack_halves(isa, kernels, experts * stride, halves, experts * stride * 2);
    if (has != (isa != DD_BASELINE)) failures++;
    for (int32_t as_halves = 0; as_halves <= has; as_halves++) {
        dd_mix_experts(
            isa, (struct dd_experts){experts, as_halves, stride}, lanes, alpha, experts,
            as_halves ? halves : (const uint8_t *)kernels,
            experts * stride * (as_halves ? 2 : 4), scale, lanes, out, count);
        for (ptrdiff_t i = 0; i < count; i++) {
            double sum = 0;
            for (int32_t e = 0; e < experts; e++)
                sum += (double)alpha[e] * kernels[e * stride + lanes + i];
            compare("mixing of experts", out[i], sum * scale[i % lanes], 1e-6);
        }
    }
    free(kernels);
    free(alpha);
    free(scale);
    free(halves);
    free(out);
}

/// Bytes of a picture as v/255.
static void loading(int32_t height, int32_t width) {
    const ptrdiff_t pixels_count = (ptrdiff_t)height * width * 3;
    uint8_t *pixels = malloc((size_t)pixels_count);
    for (ptrdiff_t i = 0; i < pixels_count; i++) pixels[i] = (uint8_t)(noise() * 127 + 128);
    struct value picture = {{1, height, width, 1, 4}, (ptrdiff_t)(height + 2) * (width + 2) * 4, nullptr};
    picture.floats = filled(picture.count, UNTOUCHED);
    dd_load_pixels(isa, picture.planes, 0, height, pixels, pixels_count, picture.floats, picture.count);
    for (ptrdiff_t i = 0; i < pixels_count; i++) {
        const int32_t place = (int32_t)(i / 3);
        compare(
            "pixels", *at(picture, (int32_t)(i % 3), place / width, place % width), pixels[i] / 255.0f,
            0);
    }
    compare("pixels", *at(picture, 3, height - 1, width - 1), 0, 0);
    free(pixels);
    free(picture.floats);
}

/// What only moves numbers, once for all instruction sets.
static void moves(int32_t height, int32_t width) {
    struct value from = noisy(40, height, width, 1), to = value(40, height, width, 2);
    dd_copy_rows(from.planes, to.planes, 13, 3, 25, 0, height, from.floats, from.count, to.floats, to.count);
    for (int32_t c = 0; c < 48; c++)
        for (int32_t y = 0; y < height; y++)
            for (int32_t x = 0; x < width; x++)
                compare(
                    "copy", *at(to, c, y, x),
                    c >= 3 && c < 28 ? *at(from, c + 10, y, x) : UNTOUCHED, 0);
    dd_clear_halo(to.planes, 0, to.planes.blocks, 0, height, to.floats, to.count);
    compare("halo", *at(to, 20, -2, -2), 0, 0);
    compare("halo", *at(to, 20, height + 1, width + 1), 0, 0);

    const ptrdiff_t pixels_count = (ptrdiff_t)height * width * 3;
    struct value picture = {{1, height, width, 1, 4}, (ptrdiff_t)(height + 2) * (width + 2) * 4, nullptr};
    picture.floats = filled(picture.count, UNTOUCHED);
    float *tensor = filled(pixels_count, 0);
    for (ptrdiff_t i = 0; i < pixels_count; i++) tensor[i] = noise();
    dd_load_tensor(picture.planes, 3, tensor, pixels_count, picture.floats, picture.count);
    for (ptrdiff_t i = 0; i < pixels_count; i++) {
        const int32_t c = (int32_t)(i / height / width), place = (int32_t)(i % (height * width));
        compare("tensor", *at(picture, c, place / width, place % width), tensor[i], 0);
    }
    free(from.floats);
    free(to.floats);
    free(picture.floats);
    free(tensor);
}

int main(void) {
    static const char *const names[] = {"baseline", "avx2", "avx512", "neon"};
    static const int32_t sides[][2] = {{1, 1}, {3, 7}, {7, 3}, {13, 17}, {1, 13}, {17, 1}};
    static const int32_t channels[][2] = {{1, 1}, {3, 16}, {16, 32}, {17, 33}, {48, 5}, {80, 80}};
    for (isa = DD_BASELINE; isa <= DD_NEON; isa++) {
        if (!dd_isa_available(isa)) continue;
        comparisons = 0;
        for (int s = 0; s < 6; s++) {
            const int32_t height = sides[s][0], width = sides[s][1];
            for (int c = 0; c < 6; c++) {
                const int32_t in = channels[c][0], out = channels[c][1];
                for (int32_t kernel = 1; kernel <= 5; kernel += 2)
                    for (int32_t stride = 1; stride <= 2; stride++) {
                        const int32_t activation = (s + c + kernel + stride) % 4;
                        convolution((struct window){
                            in, out, height, width, kernel, stride, 1 + c % 2, activation, c % 2});
                        depthwise((struct window){
                            in, in, height, width, kernel, stride, 1 + s % 2, activation, s % 2});
                        if (c < 2)
                            picture((struct window){
                                3, out, height, width, kernel, stride, 1 + c, activation, 0});
                        pooling(in, height, width, kernel, stride);
                    }
                for (int32_t stride = 1; stride <= 2; stride++)
                    winograd((struct window){
                        in, out, height, width, 3, stride, 1, (s + c) % 4, c % 2});
                planewise(in, height, width);
                tops(in, height, width);
            }
            mixing(1 + s, 1 + 37 * s);
            mixing_experts(1 + s, 1 + s % 3);
            loading(height, width);
            moves(height, width);
        }
        float numbers[] = {0.5f, 1};
        if (dd_peak(isa, 10, numbers, 2) <= 0) failures++;
        printf("%s: %d comparisons\n", names[isa], comparisons);
    }
    if (failures) printf("%d are off\n", failures);
    return failures > 0;
}
