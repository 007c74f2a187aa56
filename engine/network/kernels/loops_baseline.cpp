#define DDPM_LANES 4
#define DDPM_LOOPS baseline_loops
#define DDPM_LOOPS_NAME "baseline"
#include "network/kernels/loops.inc"
