// All kernels of one instruction set. The file that includes this says which: TARGET (what the
// compiler may use beyond the architecture's least), LANES of a vector, FUSED multiply-add or not,
// GROUP of output blocks, WIDTHS of a tile, HALVES that it can read, and the NAME of the table.
//
// TARGET is an attribute of each function below and not a flag of the file: an inline function of
// a shared header, compiled here for AVX-512, might be the copy the linker keeps for all.
#include <string.h>

#include "kernels.h"

#pragma STDC FP_CONTRACT OFF
#ifdef TARGET
#pragma clang attribute push(__attribute__((target(TARGET))), apply_to = function)
#endif
#include "vector.inc.h"
#include "convolution.inc.h"
#include "mixing.inc.h"
#include "winograd.inc.h"
#include "planewise.inc.h"
#include "peak.inc.h"
#ifdef TARGET
#pragma clang attribute pop
#endif

const struct kernels NAME = {
    .group = GROUP,
    .conv_rows = conv_rows,
    .depthwise_rows = depthwise_rows,
    .max_pool_rows = max_pool_rows,
    .upsample_rows = upsample_rows,
    .add_rows = add_rows,
    .means = means,
    .tops = tops,
    .load_pixels = load_pixels,
    .mix = mix,
    .peak = peak,
    .sums = WIDTH_MAX * GROUP * 16,
    .winograd_input = winograd_input,
    .winograd_output = winograd_output,
    .winograd_weights = winograd_weights,
    .halves = HALVES,
    .pack_halves = pack_halves,
    .mix_experts = mix_experts,
};
