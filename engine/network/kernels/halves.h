// The perceptron for points, attention, and the convolutions that neither tiles.h nor winograd.inc takes,
// with products of bfloat16 and sums in float32: for processors that multiply pairs of them (AVX512-BF16) or
// tiles (AMX). As in loops.h, no torch and no standard containers.
#pragma once

#include "network/kernels/gather_task.h"
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
