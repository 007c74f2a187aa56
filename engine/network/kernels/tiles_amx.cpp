#define DDPM_LANES 16
#include "network/kernels/amx_unit.inc"

#define DDPM_TILES_TABLE amx_tiles
#define DDPM_TILES_NAME "amx"
#include "network/kernels/tiles.inc"
