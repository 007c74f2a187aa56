#define DDPM_LANES 4
#include "network/kernels/plain_unit.inc"
#include "network/kernels/unit_block.inc"

#define DDPM_HALVES_TABLE plain_halves
#define DDPM_HALVES_NAME "plain"
#include "network/kernels/halves.inc"
