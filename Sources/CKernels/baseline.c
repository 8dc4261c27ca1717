// What every CPU of the architecture has (SSE2 on x86-64): 4 lanes, a tile is 2 pixels × 1 block of
// four vectors. Nothing is fused, for SSE2 cannot.
#define NAME dd_kernels_baseline
#define LANES 4
#define FUSED 0
#define HALVES 0
#define GROUP 1
#define WIDTH_DEPTHWISE 2
#define WIDTH_MAX 2
#define WIDTHS(F, ...) F(1, __VA_ARGS__) F(2, __VA_ARGS__)
#include "kernels.inc.h"
