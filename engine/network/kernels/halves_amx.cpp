#define DDPM_LANES 16
#include "network/kernels/amx_unit.inc"
#include "network/kernels/unit_block.inc"

#define DDPM_HALVES_TABLE amx_halves
#define DDPM_HALVES_NAME "amx"
#include "network/kernels/halves.inc"
