// The loops that must be fast. No state, no allocation, no threads: each call does the items it is
// told to, and the answer of an item does not depend on which call or thread does it: on one
// instruction set it is bitwise the same. Arguments that do not fit each other or their counts are
// our own bugs and trap before anything is read. Buffers are fastest at multiples of 64 bytes.
//
// LAYOUT. An activation of C channels is kept in blocks of 16 channels ("nChw16c"). One block is a
// plane of (H + 2·halo) × (W + 2·halo) pixels of 16 floats; the planes of a value lie one behind the
// other. The halo holds zeros, so that a convolution reads its padding like any pixel. The network's
// input alone has pixels of 4 floats (3 channels and a zero). A block need not be full: channels
// that are no multiple of 16 end in zero lanes, and `used` says how many lanes of each input block
// hold channels.
#pragma once
#include <lifetimebound.h>
#include <ptrcheck.h>
#include <stddef.h>
#include <stdint.h>

/// Instruction sets, worst to best for one machine.
enum dd_isa { DD_BASELINE = 0, DD_AVX2 = 1, DD_AVX512 = 2, DD_NEON = 3 };

/// Whether this CPU (and its operating system) can run `isa`.
int dd_isa_available(enum dd_isa isa);

enum dd_activation { DD_IDENTITY = 0, DD_SILU = 1, DD_RELU = 2, DD_HARDSWISH = 3 };

/// Where a value's planes are shaped; the span beside it starts at the first plane's first halo pixel.
struct dd_planes {
    int32_t blocks;  // planes
    int32_t height;
    int32_t width;
    int32_t halo;
    int32_t lanes;  // floats a pixel: 16, or 4 for the network's input (conv, copy, halo, loads)
};

/// A convolution over blocked planes.
struct dd_conv {
    struct dd_planes in;
    struct dd_planes out;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t padding_height, padding_width;  // ≤ in.halo
    int32_t dilation_height, dilation_width;
    enum dd_activation activation;
};

/// Output blocks that one packed weight group serves (2 for AVX-512, 1 elsewhere). Groups count from
/// the first output block; the last may be smaller.
int dd_conv_group(enum dd_isa isa);

/// Rows y0 ..< y1 of output blocks of group `group` (blocks group·G ..< min((group+1)·G, out.blocks)).
///
/// A call reads the group's weights once for each 14 pixels (AVX-512) of a row: a few rows at a time
/// keep them and the input near; which rows makes no other difference.
///
/// - weights: those of this group alone: [in block][k_h][k_w][step < used[block]][g][16], g over the
///   blocks of the group. Input blocks that a group does not read have used[block] = 0.
/// - bias: 16 floats for each output block of the value (all groups).
/// - residual: added after the activation, planes shaped like `out`; count 0 for none.
void dd_conv_rows(
    enum dd_isa isa, struct dd_conv conv, int32_t group, int32_t y0, int32_t y1,
    const float *_Nonnull __counted_by(in_count) in __noescape, ptrdiff_t in_count,
    const uint8_t *_Nonnull __counted_by(used_count) used __noescape, ptrdiff_t used_count,
    const float *_Nonnull __counted_by(weights_count) weights __noescape, ptrdiff_t weights_count,
    const float *_Nonnull __counted_by(bias_count) bias __noescape, ptrdiff_t bias_count,
    const float *_Nonnull __counted_by(residual_count) residual __noescape, ptrdiff_t residual_count,
    struct dd_planes residual_planes,
    float *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// For a convolution of a picture that is kept as RGB bytes (height, width, 3): the rows that the windows
/// of output rows y0 ..< y1 meet, each byte as v/255, written where they are near; those outside the
/// picture are zeros.
///
/// - conv: in is the picture, one block of 4 lanes.
/// - strip: `dd_strip_count` floats for so many rows.
void dd_load_strip(
    enum dd_isa isa, struct dd_conv conv, int32_t y0, int32_t y1,
    const uint8_t *_Nonnull __counted_by(pixels_count) pixels __noescape, ptrdiff_t pixels_count,
    float *_Nonnull __counted_by(strip_count) strip __noescape, ptrdiff_t strip_count);

/// `dd_conv_rows` from such a strip, made for the same rows.
void dd_strip_rows(
    enum dd_isa isa, struct dd_conv conv, int32_t group, int32_t y0, int32_t y1,
    const float *_Nonnull __counted_by(strip_count) strip __noescape, ptrdiff_t strip_count,
    const uint8_t *_Nonnull __counted_by(used_count) used __noescape, ptrdiff_t used_count,
    const float *_Nonnull __counted_by(weights_count) weights __noescape, ptrdiff_t weights_count,
    const float *_Nonnull __counted_by(bias_count) bias __noescape, ptrdiff_t bias_count,
    const float *_Nonnull __counted_by(residual_count) residual __noescape, ptrdiff_t residual_count,
    struct dd_planes residual_planes,
    float *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// Floats of the strip for so many rows of the output.
ptrdiff_t dd_strip_count(struct dd_conv conv, int32_t rows);

enum {
    /// Floats of a tile that Winograd's way has transformed: 36 products of 16 channels; of stride 2, 81.
    DD_WINOGRAD_TILE = 36 * 16,
    DD_WINOGRAD_HALVED_TILE = 81 * 16,
};

/// Winograd's way for 3×3 windows of dilation 1: F(4×4, 3×3), arXiv 1509.09308, for stride 1, and four
/// phases by F(4, 2) for stride 2. The output is cut into tiles of 4×4 pixels, counted row by row from
/// the upper left; tiles at the right and lower end may be cut. A part of the tiles is done in two
/// steps, with memory of the caller between them. This one transforms blocks block0 ..< block1 of the
/// input for tiles tile0 ..< tile1.
///
/// - tiles: [in block][tile - tile0][36 or 81][16], of which these blocks are written.
void dd_winograd_input(
    enum dd_isa isa, struct dd_conv conv, int32_t tile0, int32_t tile1, int32_t block0,
    int32_t block1, const float *_Nonnull __counted_by(in_count) in __noescape, ptrdiff_t in_count,
    float *_Nonnull __counted_by(tiles_count) tiles __noescape, ptrdiff_t tiles_count);

/// The second step: output blocks of group `group` from the transformed tiles.
///
/// - weights: the group's, as `dd_winograd_weights` writes them: [36][in block][step < used][g][16], and
///   behind each of the 36 parts 16 floats of no use: parts a power of two apart would share few lines
///   of the cache.
/// - sums: a tile's floats for each tile and block of the group, written and of no use later.
/// - used, bias, residual: as for `dd_conv_rows`.
void dd_winograd_output(
    enum dd_isa isa, struct dd_conv conv, int32_t group, int32_t tile0, int32_t tile1,
    const float *_Nonnull __counted_by(tiles_count) tiles __noescape, ptrdiff_t tiles_count,
    const uint8_t *_Nonnull __counted_by(used_count) used __noescape, ptrdiff_t used_count,
    const float *_Nonnull __counted_by(weights_count) weights __noescape, ptrdiff_t weights_count,
    const float *_Nonnull __counted_by(bias_count) bias __noescape, ptrdiff_t bias_count,
    const float *_Nonnull __counted_by(residual_count) residual __noescape, ptrdiff_t residual_count,
    struct dd_planes residual_planes,
    float *_Nonnull __counted_by(sums_count) sums __noescape, ptrdiff_t sums_count,
    float *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// Kernels that are mixed, packed alike, as they lie one behind the other.
struct dd_experts {
    int32_t count;
    int32_t halves;    // whether their numbers are IEEE 754's binary16, and not floats
    ptrdiff_t stride;  // numbers from one to the next
};

/// One group's kernels, packed as for `dd_conv_rows`, mixed (W' = s ⊙ Σ α_i W_i) and transformed for
/// `dd_winograd_output`: what input blocks block0 ..< block1 of `used_count` need of it.
///
/// - window_stride: the convolution's, 1 or 2.
/// - blocks: output blocks of the group.
/// - kernels: from the first expert's first number of the group on, by their bytes.
/// - scale: s of the group's lanes; empty for ones.
void dd_winograd_weights(
    enum dd_isa isa, int32_t window_stride, struct dd_experts experts, int32_t blocks,
    int32_t block0, int32_t block1,
    const float *_Nonnull __counted_by(alpha_count) alpha __noescape, ptrdiff_t alpha_count,
    const uint8_t *_Nonnull __counted_by(kernels_count) kernels __noescape, ptrdiff_t kernels_count,
    const float *_Nonnull __counted_by(scale_count) scale __noescape, ptrdiff_t scale_count,
    const uint8_t *_Nonnull __counted_by(used_count) used __noescape, ptrdiff_t used_count,
    float *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// A depthwise convolution (groups = channels, one output a channel), rows y0 ..< y1 of one block.
/// weights: [block][k_h][k_w][16]; bias and residual as above.
void dd_depthwise_rows(
    enum dd_isa isa, struct dd_conv conv, int32_t block, int32_t y0, int32_t y1,
    const float *_Nonnull __counted_by(in_count) in __noescape, ptrdiff_t in_count,
    const float *_Nonnull __counted_by(weights_count) weights __noescape, ptrdiff_t weights_count,
    const float *_Nonnull __counted_by(bias_count) bias __noescape, ptrdiff_t bias_count,
    const float *_Nonnull __counted_by(residual_count) residual __noescape, ptrdiff_t residual_count,
    struct dd_planes residual_planes,
    float *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// Window maximum of one block, rows y0 ..< y1; cells outside the picture do not count.
void dd_max_pool_rows(
    enum dd_isa isa, struct dd_planes in_planes, struct dd_planes out_planes, int32_t kernel,
    int32_t stride, int32_t padding, int32_t block, int32_t y0, int32_t y1,
    const float *_Nonnull __counted_by(in_count) in __noescape, ptrdiff_t in_count,
    float *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// Nearest neighbour: output rows y0 ..< y1 of one block.
void dd_upsample_rows(
    enum dd_isa isa, struct dd_planes in_planes, struct dd_planes out_planes, int32_t factor,
    int32_t block, int32_t y0, int32_t y1,
    const float *_Nonnull __counted_by(in_count) in __noescape, ptrdiff_t in_count,
    float *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// out = x + y over rows of one block; the three may differ in halo.
void dd_add_rows(
    enum dd_isa isa, struct dd_planes x_planes, struct dd_planes y_planes,
    struct dd_planes out_planes, int32_t block, int32_t y0, int32_t y1,
    const float *_Nonnull __counted_by(x_count) x __noescape, ptrdiff_t x_count,
    const float *_Nonnull __counted_by(y_count) y __noescape, ptrdiff_t y_count,
    float *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// Channels moved lane by lane: rows of `channels` channels starting at `in_channel` (counted in
/// lanes: block·16 + lane) to `out_channel`. For the rare value that cannot be written in place.
void dd_copy_rows(
    struct dd_planes in_planes, struct dd_planes out_planes, int32_t in_channel,
    int32_t out_channel, int32_t channels, int32_t y0, int32_t y1,
    const float *_Nonnull __counted_by(in_count) in __noescape, ptrdiff_t in_count,
    float *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// Zeroes the halo beside rows y0 ..< y1 of blocks block0 ..< block1, and above row 0 or below the
/// last row where the range touches them.
void dd_clear_halo(
    struct dd_planes planes, int32_t block0, int32_t block1, int32_t y0, int32_t y1,
    float *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// Means of the 16 lanes of blocks block0 ..< block1 (GAP): out[16·block + lane]. To 7e-7 of the mean
/// magnitude, and the same on every instruction set.
void dd_means(
    enum dd_isa isa, struct dd_planes planes, int32_t block0, int32_t block1,
    const float *_Nonnull __counted_by(in_count) in __noescape, ptrdiff_t in_count,
    float *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// Numbers first ..< first + out_count of W' = s ⊙ Σ α_i W_i, of one group.
///
/// - kernels: from the first expert's first number of the group on, by their bytes.
/// - scale: s of the group's lanes, a multiple of 16: of out[i] scale[i % scale_count]. first and
///   out_count are multiples of it.
void dd_mix_experts(
    enum dd_isa isa, struct dd_experts experts, ptrdiff_t first,
    const float *_Nonnull __counted_by(alpha_count) alpha __noescape, ptrdiff_t alpha_count,
    const uint8_t *_Nonnull __counted_by(kernels_count) kernels __noescape, ptrdiff_t kernels_count,
    const float *_Nonnull __counted_by(scale_count) scale __noescape, ptrdiff_t scale_count,
    float *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// Floats, a multiple of 16, as binary16.
///
/// - Returns: whether each of them is one, so that nothing was lost. If not, or if `isa` cannot read
///   such numbers, what `out` holds is of no use.
int dd_pack_halves(
    enum dd_isa isa, const float *_Nonnull __counted_by(count) numbers __noescape, ptrdiff_t count,
    uint8_t *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// y = Σ x_i W_i over elements first ..< first + out_count of `experts` rows that lie one behind the
/// other, `stride` floats apart; out[0] is element `first`.
void dd_mix(
    enum dd_isa isa, int32_t experts, ptrdiff_t stride, ptrdiff_t first,
    const float *_Nonnull __counted_by(alpha_count) alpha __noescape, ptrdiff_t alpha_count,
    const float *_Nonnull __counted_by(kernels_count) kernels __noescape, ptrdiff_t kernels_count,
    float *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// The largest number in rows y0 ..< y1 of each block, of the first `channels` of all: out[block·height
/// + y]. NaN is not counted; of nothing else the largest is -∞.
void dd_tops(
    enum dd_isa isa, struct dd_planes planes, int32_t channels, int32_t y0, int32_t y1,
    const float *_Nonnull __counted_by(in_count) in __noescape, ptrdiff_t in_count,
    float *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// Nothing but multiply-adds, to time: sum = sum·x + y, `rounds` of as many sums as fill the registers.
/// result: x and y; x is replaced, so that nothing is left out.
///
/// - Returns: the floating-point operations done.
int64_t dd_peak(
    enum dd_isa isa, int64_t rounds,
    float *_Nonnull __counted_by(result_count) result __noescape, ptrdiff_t result_count);

/// Bytes as they are.
void dd_copy_bytes(
    const uint8_t *_Nonnull __counted_by(count) in __noescape,
    uint8_t *_Nonnull __counted_by(count) out __noescape, ptrdiff_t count);

/// RGB bytes of rows y0 ..< y1, (rows, width, 3) → v/255 in the input's planes, zero in the lanes beyond
/// three; halo left.
void dd_load_pixels(
    enum dd_isa isa, struct dd_planes planes, int32_t y0, int32_t y1,
    const uint8_t *_Nonnull __counted_by(pixels_count) pixels __noescape, ptrdiff_t pixels_count,
    float *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// (channels, height, width) floats → planes, zero in the lanes beyond `channels`; halo left.
void dd_load_tensor(
    struct dd_planes planes, int32_t channels,
    const float *_Nonnull __counted_by(tensor_count) tensor __noescape, ptrdiff_t tensor_count,
    float *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

#include "CNarrow.h"
