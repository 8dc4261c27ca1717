// All kernels of one element. The file that includes this says which: TARGET, the ELEMENT (DD_BF16
// or DD_U8) and the NAME of the table. As in kernels.inc.h, TARGET is an attribute of each function.
#include <immintrin.h>

#include "narrow.h"
#include "silu_pieces.h"

#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target(TARGET))), apply_to = function)
#define LANES 16
#define FUSED 1
#include "vector.inc.h"
#include "narrow_vector.inc.h"
#include "narrow_convolution.inc.h"
#include "narrow_planewise.inc.h"
#ifdef EXTRA
#include EXTRA
#endif
#pragma clang attribute pop

const struct narrow_kernels NAME = {
    .conv_rows = conv_rows,
    .depthwise_rows = depthwise_rows,
    .max_pool_rows = max_pool_rows,
    .upsample_rows = upsample_rows,
    .add_rows = add_rows,
    .means = means,
};
