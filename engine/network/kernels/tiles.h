// Convolutions of 3×3 (stride 1, padding 1) in bfloat16 with the tile instructions of a processor's matrix
// unit (AMX), sums in float32. Compiled for processors that may not be there: as in loops.h, no torch and no
// standard containers.
#pragma once

#include <cstdint>

namespace ddpm::network::kernels {

/// Some of the groups of a batch; a group is what is brought into the cache at a time: rows of one picture,
/// or a few small pictures. Pictures are [pictures, height, width, channels] bfloat16.
struct TileTask {
    std::int64_t pictures = 0, height = 0, width = 0, in = 0, out = 0;
    std::int64_t first_group = 0, last_group = 0;
    const void* x = nullptr; ///< of `in` channels
    void* scratch = nullptr; ///< bytes as the table says

    const void* weights = nullptr;            ///< convolution: as pack_weights leaves them
    std::int64_t first_out = 0, last_out = 0; ///< of its columns, multiples of 32
    const float* bias = nullptr;              ///< [out], may be null
    const void* beside = nullptr;             ///< like y, added to it; may be null
    void* y = nullptr;

    const void* grad_y = nullptr;           ///< weight sums from here on
    std::int64_t first_in = 0, last_in = 0; ///< of input channels, multiples of 32
    float* sums = nullptr;                  ///< [9, out, in]; those of this task are written
    float* bias_sums = nullptr;             ///< [out], added to where first_in is 0
};

/// Blocks of 16 output channels between the layout of the library and that of tiles.
struct TileWeightsTask {
    std::int64_t in = 0, out = 0; ///< of the convolution that will be done with them
    std::int64_t first_block = 0, last_block = 0;
    const float* weights = nullptr; ///< [out, in, 3, 3]; for_gradient: [in, out, 3, 3]
    bool for_gradient = false;      ///< of the input: weights turned round and transposed
    void* to = nullptr;             ///< 9 · in · out bfloat16
};

/// Rows of weights' gradient from the sums of all parts.
struct TileGradientTask {
    std::int64_t in = 0, out = 0, parts = 1;
    std::int64_t first_out = 0, last_out = 0;
    const float* sums = nullptr; ///< [parts, 9, out, in]
    float* to = nullptr;         ///< [out, in, 3, 3]
};

struct Tiles {
    const char* name;
    /// Of pictures like these; sizes in bytes.
    std::int64_t (*groups)(const TileTask&);
    std::int64_t (*scratch)(const TileTask&);
    std::int64_t (*sum_groups)(const TileTask&);
    std::int64_t (*sum_scratch)(const TileTask&);
    void (*pack_weights)(const TileWeightsTask&);
    void (*convolution)(const TileTask&);
    void (*weight_sums)(const TileTask&);
    void (*weight_gradient)(const TileGradientTask&);
};

/// Whether the kernels take these pictures: channels in 32s, tiles of 16 pixels that do not cross pictures.
bool fit_tiles(std::int64_t height, std::int64_t width, std::int64_t in, std::int64_t out);

/// What CPUID says; the library's kernels use it, too.
bool has_matrix_unit();

/// Null where the processor has no such unit, or one that multiplies other than plain loops do (tried out at
/// the first call). DDPM_TILES=none in the environment means null; plain means the loops, and claimed the unit
/// whatever CPUID says, for tests.
const Tiles* tiles();

extern const Tiles plain_tiles;
#ifdef DDPM_AMX_KERNELS
extern const Tiles amx_tiles;
#endif

} // namespace ddpm::network::kernels
