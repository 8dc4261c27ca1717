// The loops for values that are stored narrow: in bfloat16 or in bytes. They are one set, told apart
// by the element: planes, halo, blocks and groups are as in CKernels.h, sums are in float (bfloat16)
// or exact in 32 bits (bytes), and what follows a sum (scale, bias, activation, residual) is in float.
// Only the last step rounds, to the nearest, ties to even. Values are handed over as bytes, whatever
// their element; counts of such buffers are in bytes.
//
// FORMAT. A stored number q stands for scale·(q − zero). The halo holds `zero`: a padded pixel is 0.
// A float's or a bfloat16's zero is 0. The lanes behind a block's channels hold a finite number.
#pragma once
#include <lifetimebound.h>
#include <ptrcheck.h>
#include <stddef.h>
#include <stdint.h>

#include "CKernels.h"

enum dd_element { DD_FLOAT = 0, DD_BF16 = 1, DD_U8 = 2 };

/// What a stored number stands for.
struct dd_format {
    enum dd_element element;
    float scale;   // above 0
    int32_t zero;  // 0 ... 255 for bytes, else 0
};

/// Whether this CPU multiplies such elements: AVX-512 with BF16, or with VNNI. Floats it always does.
int dd_element_available(enum dd_element element);

/// Channels that one step of a convolution takes: 2 of bfloat16, 4 bytes.
int dd_step_channels(enum dd_element element);

/// A convolution over narrow planes; `in.element` says with what arithmetic. An output or a residual
/// is of the same element, or of floats.
struct dd_narrow_conv {
    struct dd_conv conv;
    struct dd_format in, out, residual;
    struct dd_planes residual_planes;
};

enum {
    /// Output blocks of a weight group.
    DD_NARROW_GROUP = 2,
    /// Products of bytes that one sum may have: 255·127 each, below 2^31 in all.
    DD_U8_PRODUCTS_MAX = 1 << 16,
};

/// Rows y0 ..< y1 of the output blocks of group `group`: act(scales·Σ + bias) + residual.
///
/// - weights: those of this group alone: [in block][k_h][k_w][step < ⌈used[block] / S⌉][g][16][S], in
///   bfloat16, or signed bytes −127 ... 127; S channels a step.
/// - scales, bias: 16 floats for each output block of the value. Of bytes the bias makes up for the
///   input's zero: see dd_quantize_group.
/// - residual: planes shaped like `out`; count 0 for none.
void dd_narrow_conv_rows(
    struct dd_narrow_conv conv, int32_t group, int32_t y0, int32_t y1,
    const uint8_t *_Nonnull __counted_by(in_count) in __noescape, ptrdiff_t in_count,
    const uint8_t *_Nonnull __counted_by(used_count) used __noescape, ptrdiff_t used_count,
    const uint8_t *_Nonnull __counted_by(weights_count) weights __noescape, ptrdiff_t weights_count,
    const float *_Nonnull __counted_by(scales_count) scales __noescape, ptrdiff_t scales_count,
    const float *_Nonnull __counted_by(bias_count) bias __noescape, ptrdiff_t bias_count,
    const uint8_t *_Nonnull __counted_by(residual_count) residual __noescape,
    ptrdiff_t residual_count,
    uint8_t *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// Bytes of scratch memory that dd_winograd_rows needs for so many rows.
ptrdiff_t dd_winograd_scratch(struct dd_conv conv, int32_t rows);

/// The same for a 3×3 convolution of bfloat16, stride 1, undilated, by Winograd's F(2×2, 3×3)
/// (arXiv 1509.09308): rows y0 ..< y1 of all output blocks; y0 is even, and so is y1 unless it is the
/// last row. Sums differ from the direct ones by 4e-3 of their size.
///
/// - weights: [group][16][in block][step][g][16][2], from dd_winograd_group, which leaves 32 numbers
///   of no use behind each of the 16; every channel of every block is used.
void dd_winograd_rows(
    struct dd_narrow_conv conv, int32_t y0, int32_t y1,
    const uint8_t *_Nonnull __counted_by(in_count) in __noescape, ptrdiff_t in_count,
    const uint8_t *_Nonnull __counted_by(weights_count) weights __noescape, ptrdiff_t weights_count,
    const float *_Nonnull __counted_by(scales_count) scales __noescape, ptrdiff_t scales_count,
    const float *_Nonnull __counted_by(bias_count) bias __noescape, ptrdiff_t bias_count,
    const uint8_t *_Nonnull __counted_by(residual_count) residual __noescape,
    ptrdiff_t residual_count,
    uint8_t *_Nonnull __counted_by(scratch_count) scratch __noescape, ptrdiff_t scratch_count,
    uint8_t *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

// Kernels out of experts: Σ α_e K_e in float, then rounded. A constant kernel is one expert with
// α = 1. Experts are numbers in `element` (float, or bfloat16 at half the traffic), each in the order
// of the rounded kernel, a multiple of 32 of them; the experts' runs of 32 follow each other, so that
// all are read as one stream: [run][expert][32]. Of bfloat16 the order in a run is dd_pack_experts'.

/// Experts that lie one behind the other, rounded to bfloat16 and put into the order in which they are
/// mixed. Once, when a model is loaded.
void dd_pack_experts(
    int32_t experts,
    const float *_Nonnull __counted_by(kernels_count) kernels __noescape, ptrdiff_t kernels_count,
    uint8_t *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// Numbers first ..< first + out_count / 2 of the mixture, in bfloat16; whole runs.
void dd_mix_bf16(
    enum dd_element element, int32_t experts, ptrdiff_t first,
    const float *_Nonnull __counted_by(alpha_count) alpha __noescape, ptrdiff_t alpha_count,
    const uint8_t *_Nonnull __counted_by(kernels_count) kernels __noescape, ptrdiff_t kernels_count,
    uint8_t *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// The kernel of one weight group (its first number: `first`) transformed by Winograd's F(2×2, 3×3):
/// [in block][9][step][g][16][2] → [16][in block][step][g][16][2] with 32 numbers left as they are
/// behind each of the 16 (else they would share few lines of the cache), in bfloat16.
void dd_winograd_group(
    enum dd_element element, int32_t experts, ptrdiff_t first, int32_t in_blocks, int32_t blocks,
    const float *_Nonnull __counted_by(alpha_count) alpha __noescape, ptrdiff_t alpha_count,
    const uint8_t *_Nonnull __counted_by(kernels_count) kernels __noescape, ptrdiff_t kernels_count,
    uint8_t *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// The kernel of one weight group of `blocks` output blocks in signed bytes, each output channel with
/// its own scale (its largest weight is 127), and what goes with it for an input of format `in`:
/// scales[o] = in.scale·s_o, and bias[o], given as the convolution's, less scales[o]·zero·Σ q.
///
/// - scratch: as many floats as out has bytes.
/// - scales, bias: 16 floats a block of this group.
void dd_quantize_group(
    enum dd_element element, int32_t experts, ptrdiff_t first, int32_t blocks, struct dd_format in,
    const float *_Nonnull __counted_by(alpha_count) alpha __noescape, ptrdiff_t alpha_count,
    const uint8_t *_Nonnull __counted_by(kernels_count) kernels __noescape, ptrdiff_t kernels_count,
    float *_Nonnull __counted_by(scratch_count) scratch __noescape, ptrdiff_t scratch_count,
    float *_Nonnull __counted_by(scales_count) scales __noescape, ptrdiff_t scales_count,
    float *_Nonnull __counted_by(bias_count) bias __noescape, ptrdiff_t bias_count,
    uint8_t *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// A depthwise convolution, rows y0 ..< y1 of one block; weights [block][k_h][k_w][16] and bias in
/// float, residual as above.
void dd_narrow_depthwise_rows(
    struct dd_narrow_conv conv, int32_t block, int32_t y0, int32_t y1,
    const uint8_t *_Nonnull __counted_by(in_count) in __noescape, ptrdiff_t in_count,
    const float *_Nonnull __counted_by(weights_count) weights __noescape, ptrdiff_t weights_count,
    const float *_Nonnull __counted_by(bias_count) bias __noescape, ptrdiff_t bias_count,
    const uint8_t *_Nonnull __counted_by(residual_count) residual __noescape,
    ptrdiff_t residual_count,
    uint8_t *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// Planes and the format of what lies in them.
struct dd_narrow_planes {
    struct dd_planes planes;
    struct dd_format format;
};

/// Window maximum of one block, rows y0 ..< y1; cells outside the picture do not count.
void dd_narrow_max_pool_rows(
    struct dd_narrow_planes in_planes, struct dd_narrow_planes out_planes, int32_t kernel,
    int32_t stride, int32_t padding, int32_t block, int32_t y0, int32_t y1,
    const uint8_t *_Nonnull __counted_by(in_count) in __noescape, ptrdiff_t in_count,
    uint8_t *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// Nearest neighbour: output rows y0 ..< y1 of one block. A factor of 1 puts a value into another
/// format; floats are a format.
void dd_narrow_upsample_rows(
    struct dd_narrow_planes in_planes, struct dd_narrow_planes out_planes, int32_t factor,
    int32_t block, int32_t y0, int32_t y1,
    const uint8_t *_Nonnull __counted_by(in_count) in __noescape, ptrdiff_t in_count,
    uint8_t *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// out = x + y over rows of one block.
void dd_narrow_add_rows(
    struct dd_narrow_planes x_planes, struct dd_narrow_planes y_planes,
    struct dd_narrow_planes out_planes, int32_t block, int32_t y0, int32_t y1,
    const uint8_t *_Nonnull __counted_by(x_count) x __noescape, ptrdiff_t x_count,
    const uint8_t *_Nonnull __counted_by(y_count) y __noescape, ptrdiff_t y_count,
    uint8_t *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// Means of the 16 lanes of blocks block0 ..< block1 (GAP): out[16·block + lane].
void dd_narrow_means(
    struct dd_narrow_planes planes, int32_t block0, int32_t block1,
    const uint8_t *_Nonnull __counted_by(in_count) in __noescape, ptrdiff_t in_count,
    float *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// Channels moved lane by lane, as dd_copy_rows, from one format to another; for the rare value that
/// cannot be written in place.
void dd_narrow_copy_rows(
    struct dd_narrow_planes in_planes, struct dd_narrow_planes out_planes, int32_t in_channel,
    int32_t out_channel, int32_t channels, int32_t y0, int32_t y1,
    const uint8_t *_Nonnull __counted_by(in_count) in __noescape, ptrdiff_t in_count,
    uint8_t *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// Writes zero into the halo beside rows y0 ..< y1 of blocks block0 ..< block1, and above row 0 or
/// below the last row where the range touches them; with `whole`, into those rows too.
void dd_narrow_clear(
    struct dd_narrow_planes planes, int32_t block0, int32_t block1, int32_t y0, int32_t y1,
    int whole, uint8_t *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// RGB bytes of rows y0 ..< y1, (rows, width, 3), of v/255 each, zero in the lanes beyond three; halo
/// left. A format of scale 1/255 holds them as they are.
void dd_narrow_load_pixels(
    struct dd_narrow_planes planes, int32_t y0, int32_t y1,
    const uint8_t *_Nonnull __counted_by(pixels_count) pixels __noescape, ptrdiff_t pixels_count,
    uint8_t *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// (channels, height, width) floats → planes, zero in the lanes beyond `channels`; halo left.
void dd_narrow_load_tensor(
    struct dd_narrow_planes planes, int32_t channels,
    const float *_Nonnull __counted_by(tensor_count) tensor __noescape, ptrdiff_t tensor_count,
    uint8_t *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);
