#define DDPM_LANES 16
#define DDPM_LOOPS avx512_loops
#define DDPM_LOOPS_NAME "avx512"
#include "network/kernels/loops.inc"
