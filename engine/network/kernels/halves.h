// The perceptron for points, attention, and the convolutions that neither tiles.h nor winograd.inc takes,
// with products of bfloat16 and sums in float32: for processors that multiply pairs of them (AVX512-BF16) or
// tiles (AMX). As in loops.h, no torch and no standard containers.
#pragma once

#include "network/kernels/loops.h"

#include <cstdint>

namespace ddpm::network::kernels {

/// Some rows of a batch, as MlpTask. Rows are worked on 32 at a time; what is kept of them has room for whole
/// 32s: padded_rows. hidden is a multiple of 32.
struct HalfMlpTask {
    std::int64_t rows = 0, padded_rows = 0, hidden = 0, layers = 0;
    const float* x = nullptr;                                ///< [rows, 2]
    const std::int32_t* timestep = nullptr;                  ///< [rows], which of those that occur
    const float* time = nullptr;                             ///< [timesteps, layers, hidden], biases included
    const float* in_weights = nullptr;                       ///< [2, hidden]
    const void* hidden_weights = nullptr;                    ///< one after the other, as pack() leaves them
    const float *out_weights = nullptr, *out_bias = nullptr; ///< [2, hidden], [2]
    bool keeps = true;          ///< h and slope: forward writes, backward reads them
    std::uint32_t* h = nullptr; ///< [layers, pairs of rows, hidden], pairs of bfloat16
    float* slope = nullptr;     ///< silu'(u): [layers, padded_rows, hidden]
    float* y = nullptr;         ///< [rows, 2]
    void* scratch = nullptr;

    const float* grad_y = nullptr; ///< [rows, 2], backward from here on
    const void* hidden_weights_back = nullptr;
    float *grad_in = nullptr, *grad_out = nullptr,
          *grad_out_bias = nullptr; ///< [2, hidden], [2, hidden], [2]
    float* grad_hidden = nullptr;   ///< [layers − 1, hidden, hidden]
    float* grad_time = nullptr;     ///< like time, added to
};

/// What 32 columns of one of its time layers add for each timestep; timesteps and embedding are multiples
/// of 32.
struct HalfTimeTask {
    std::int64_t timesteps = 0, embedding = 0, stride = 0;
    const void* embeddings = nullptr;                   ///< [timesteps, embedding] bfloat16
    const float* weights = nullptr;                     ///< [32, embedding]
    const float *bias = nullptr, *other_bias = nullptr; ///< [32] each
    float* time = nullptr; ///< [timesteps, 32], rows `stride` apart; on the way back its gradient:
    std::int64_t parts = 1, part_stride = 0; ///< the sum of so many, so far apart
    void* scratch = nullptr;

    const void* pairs = nullptr;   ///< backward: the embeddings as pack_rows() leaves them
    float* grad_weights = nullptr; ///< [32, embedding]
    float* grad_bias = nullptr;    ///< [32], of either bias
};

/// A convolution as products of gathered pixels. In each picture points form a grid; a point at (row, column)
/// sees the pixels (row · step + down, column · step + across) of its taps, zeros outside. Channels are
/// multiples of 32.
struct GatherTask {
    struct Tap {
        std::int64_t down = 0, across = 0;
        std::int64_t weight = 0; ///< which of the nine it is multiplied by
    };
    const void* x = nullptr; ///< [pictures, height, width, in] bfloat16
    std::int64_t height = 0, width = 0, in = 0, out = 0;
    std::int64_t rows = 0, columns = 0, step = 1; ///< of the grid
    std::int64_t taps = 0;
    Tap tap[9];
    std::int64_t first_point = 0, last_point = 0; ///< of all pictures'
    void* scratch = nullptr;

    const void* weights = nullptr; ///< as gather_weights() leaves them
    const float* bias = nullptr;   ///< [out], may be null
    void* y =
        nullptr; ///< [pictures, y_height, y_width, out]; a point is at the pixel (row · y_step + y_row, ..)
    std::int64_t y_height = 0, y_width = 0, y_step = 1, y_row = 0, y_column = 0;

    const void* grad_y = nullptr; ///< sums from here on: [points, out]
    float* sums = nullptr;        ///< [taps, out, in]
    float* bias_sums = nullptr;   ///< [out]
};

/// Blocks of 16 channels out of the weights for a GatherTask.
struct GatherWeightsTask {
    std::int64_t first_block = 0, last_block = 0;
    const float* weights = nullptr; ///< [out, in, 3, 3]; for_gradient: [in, out, 3, 3]
    bool for_gradient = false;
    void* to = nullptr; ///< taps · in · out bfloat16
};

/// A convolution of 3×3, padding 1, to so few channels that 9 · out ≤ 32. in: a multiple of 32; a picture
/// has 32 pixels and more. Rows are counted through all pictures.
struct NarrowTask {
    const void* x = nullptr; ///< [pictures, height, width, in] bfloat16
    std::int64_t height = 0, width = 0, in = 0, out = 0;
    std::int64_t first_row = 0, last_row = 0;
    void* scratch = nullptr;

    const void* weights = nullptr; ///< [in, 32], column tap · out + o, as pack() leaves it
    const float* bias = nullptr;   ///< [out]
    float* y = nullptr;            ///< [pictures, height, width, out]

    const void* grad_y = nullptr; ///< sums from here on: like y, bfloat16
    float* sums = nullptr;        ///< [32, in], row tap · out + o
};

struct Halves {
    const char* name;
    std::int64_t (*scratch)(const HalfMlpTask&, bool backward); ///< bytes
    void (*mlp)(const HalfMlpTask&);
    void (*mlp_backward)(const HalfMlpTask&);
    /// to ← the right factor of a product of `depth` rows: matrix is [columns, depth], or, `turned`, [depth,
    /// columns]. depth is a multiple of 32, columns one of 16.
    void (*pack)(const float* matrix, std::int64_t depth, std::int64_t columns, bool turned, void* to);
    /// The same from bfloat16 [depth, columns].
    void (*pack_rows)(const void* matrix, std::int64_t depth, std::int64_t columns, void* to);
    std::int64_t (*time_scratch)(const HalfTimeTask&); ///< bytes, for both ways
    void (*time)(const HalfTimeTask&);
    void (*time_backward)(const HalfTimeTask&);

    /// bfloat16; pixels and width in 32s, and so are the rows of a task. scratch: bytes
    std::int64_t (*attention_scratch)(std::int64_t pixels, std::int64_t width, bool backward);
    void (*attention)(const AttentionTask&);
    void (*attention_backward)(const AttentionTask&);

    std::int64_t (*gather_scratch)(const GatherTask&, bool for_sums); ///< bytes
    void (*gather_weights)(const GatherTask&, const GatherWeightsTask&);
    void (*gather)(const GatherTask&);
    void (*gather_sums)(const GatherTask&);
    std::int64_t (*narrow_scratch)(const NarrowTask&, bool for_sums); ///< bytes
    void (*narrow)(const NarrowTask&);
    void (*narrow_sums)(const NarrowTask&);
};

/// Null where the processor has no such instructions. DDPM_TILES as in tiles.h.
const Halves* halves();

extern const Halves plain_halves;
#ifdef DDPM_AMX_KERNELS
extern const Halves avx512_halves, amx_halves;
#endif

} // namespace ddpm::network::kernels
