// AVX-512: 32 registers of 16 lanes; a tile is 14 pixels × 2 blocks.
#if defined(__x86_64__)
#define TARGET "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"
#define NAME dd_kernels_avx512
#define LANES 16
#define FUSED 1
#define HALVES 1
#define GROUP 2
#define WIDTH_DEPTHWISE 4
#define WIDTH_MAX 14
#define WIDTHS(F, ...) \
    F(1, __VA_ARGS__) F(2, __VA_ARGS__) F(3, __VA_ARGS__) F(4, __VA_ARGS__) F(5, __VA_ARGS__) \
    F(6, __VA_ARGS__) F(7, __VA_ARGS__) F(8, __VA_ARGS__) F(9, __VA_ARGS__) F(10, __VA_ARGS__) \
    F(11, __VA_ARGS__) F(12, __VA_ARGS__) F(13, __VA_ARGS__) F(14, __VA_ARGS__)
#include "kernels.inc.h"
#endif
