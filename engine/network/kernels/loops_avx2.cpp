#define DDPM_LANES 8
#define DDPM_LOOPS avx2_loops
#define DDPM_LOOPS_NAME "avx2"
#include "network/kernels/loops.inc"
