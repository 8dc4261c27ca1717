// AVX2, FMA and F16C: 16 registers of 8 lanes; a tile is 6 pixels × 1 block of two vectors.
#if defined(__x86_64__)
#define TARGET "avx2,fma,f16c"
#define NAME dd_kernels_avx2
#define LANES 8
#define FUSED 1
#define HALVES 1
#define GROUP 1
#define WIDTH_DEPTHWISE 4
#define WIDTH_MAX 6
#define WIDTHS(F, ...) \
    F(1, __VA_ARGS__) F(2, __VA_ARGS__) F(3, __VA_ARGS__) F(4, __VA_ARGS__) F(5, __VA_ARGS__) \
    F(6, __VA_ARGS__)
#include "kernels.inc.h"
#endif
