#define DDPM_LANES 4
#include "network/kernels/plain_unit.inc"

#define DDPM_TILES_TABLE plain_tiles
#define DDPM_TILES_NAME "plain"
#include "network/kernels/tiles.inc"
