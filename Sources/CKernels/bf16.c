// bfloat16 on AVX-512 with BF16: a step multiplies pairs of channels and adds them in float.
#if defined(__x86_64__)
#define TARGET "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"
#define ELEMENT DD_BF16
#define NARROW_IS_BF16 1
#define NAME dd_narrow_bf16
#define EXTRA "bf16_weights.inc.h"
#include "narrow.inc.h"
#endif
