// Bytes on AVX-512 with VNNI: a step multiplies four channels (unsigned) with four weights (signed)
// and adds them in 32 bits.
#if defined(__x86_64__)
#define TARGET "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"
#define ELEMENT DD_U8
#define NAME dd_narrow_u8
#define EXTRA "u8_weights.inc.h"
#include "narrow.inc.h"
#endif
