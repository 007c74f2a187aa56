// The inner loops of the kernels: compiled once for each instruction set from one source (loops.inc), chosen
// at run time. No torch and no standard containers here: what is compiled for AVX-512 must not leak into a
// processor without it by way of an inline function.
#pragma once

#include "network/kernels/gather_task.h"

#include <cstdint>

namespace ddpm::network::kernels {

/// Inverted dropout whose mask is a hash of (seed, position): nothing is stored, backward asks again.
struct Mask {
    std::uint32_t drop_below = 0; ///< a position is dropped where its hash is less; 0: none is
    float scale = 1;              ///< 1 / (1 − probability)
    std::uint32_t seed_low = 0, seed_high = 0;
};

/// One example and a range of its channels, whole groups. Channels-last: value (p, c) is at p · channels + c.
struct NormTask {
    const void* x = nullptr;      ///< [pixels, channels]
    const float* shift = nullptr; ///< [channels], added to x; may be null
    const float* weight = nullptr;
    const float* bias = nullptr;
    float* mean = nullptr;   ///< [groups]; forward writes it, backward reads it
    float* rstd = nullptr;   ///< [groups]
    float* factor = nullptr; ///< [4, channels], scratch
    std::int64_t pixels = 0, channels = 0, groups = 0;
    std::int64_t first_group = 0, last_group = 0;
    std::uint32_t position = 0; ///< of the example's first value, for the mask
    float eps = 0;
    bool silu = false;
    Mask mask;
    void* y = nullptr; ///< forward: [pixels, channels]

    const void* grad_y =
        nullptr; ///< backward from here on; pictures are [pixels, channels], the rest [channels]
    const void* grad_beside = nullptr; ///< added to grad_x; may be null
    void* grad_x = nullptr;
    float* grad_shift = nullptr;  ///< may be null
    float* grad_weight = nullptr; ///< of this example alone
    float* grad_bias = nullptr;
};

/// Adam (Kingma & Ba 2015), clipping and the moving average of the weights in one pass.
struct AdamTask {
    float* weights = nullptr;
    const float* gradient = nullptr;
    float *exp_avg = nullptr, *exp_avg_sq = nullptr;
    float* average = nullptr; ///< may be null
    std::int64_t count = 0;
    float gradient_scale = 1, beta1 = 0, beta2 = 0, eps = 0;
    float step_size = 0;        ///< learning rate / (1 − beta1^k)
    float root_correction2 = 1; ///< sqrt(1 − beta2^k)
    float decay = 1;
};

/// Tiles of a convolution of 3×3, stride 1, padding 1 (winograd.inc). Pictures are [N, height, width,
/// channels]; their tiles of 4×4 pixels are counted along rows, then down, then from picture to picture.
struct WinogradTask {
    const void* x = nullptr;     ///< of `in` channels
    const void* zeros = nullptr; ///< as many as a pixel has, of in and out the more
    std::int64_t height = 0, width = 0, in = 0, out = 0;
    std::int64_t first_tile = 0, last_tile = 0;
    std::int64_t block = 0;   ///< tiles worked on at a time
    float* scratch = nullptr; ///< block · 36 rows of each, see winograd_row

    const float* weights = nullptr; ///< forward: as winograd_weights leaves them
    const float* bias = nullptr;    ///< [out], may be null
    const void* beside = nullptr;   ///< like y, added to it; may be null
    void* y = nullptr;
    std::int64_t first_panel = 0, last_panel = 0; ///< of output channels

    const void* grad_y = nullptr;           ///< weight sums from here on
    std::int64_t first_in = 0, last_in = 0; ///< of input channels
    float* sums = nullptr;                  ///< [36 planes][in][out in whole panels]
    float* bias_sums = nullptr;             ///< [out], added to; may be null
};

/// Rows of a convolution's weights between their two forms.
struct WinogradWeightsTask {
    std::int64_t in = 0, out = 0;
    std::int64_t first_row = 0, last_row = 0; ///< of input channels; for_gradient: of output channels
    const float* weights = nullptr;           ///< [out, in, 3, 3]
    bool for_gradient = false;                ///< of the input: weights turned round and transposed
    const float* sums = nullptr;              ///< `parts` of them one after the other
    std::int64_t parts = 1;
    float* to = nullptr;
};

/// Attention of one example and head, or a range of its rows (attention.inc). Rows are pixels.
struct AttentionTask {
    const void *q = nullptr, *k = nullptr, *v = nullptr; ///< [pixels, width], rows `stride` apart
    std::int64_t pixels = 0, width = 0, stride = 0, out_stride = 0;
    float scale = 1;
    std::int64_t first_row = 0, last_row = 0;     ///< forward alone
    void* out = nullptr;                          ///< [pixels, width], rows `out_stride` apart
    float *maximum = nullptr, *inverse = nullptr; ///< [pixels]; forward writes them, backward reads them
    float* scratch = nullptr;

    const void* grad_out = nullptr;                               ///< backward from here on
    void *grad_q = nullptr, *grad_k = nullptr, *grad_v = nullptr; ///< rows `stride` apart
};

/// Rows of a linear layer (linear.inc). in and out are whole vectors.
struct LinearTask {
    std::int64_t rows = 0, in = 0, out = 0;
    const float* x = nullptr;       ///< [rows, in]
    const float* weights = nullptr; ///< [panels of out][in][panel]
    const float* bias = nullptr;    ///< [out], may be null
    float* y = nullptr;             ///< [rows, out], rows y_stride apart; for the sums their gradient
    std::int64_t y_stride = 0;
    float* sums = nullptr;      ///< [out, in in whole panels]
    float* bias_sums = nullptr; ///< [out]
};

/// Some rows of the perceptron for points (mlp.inc). hidden is whole vectors.
struct MlpTask {
    std::int64_t rows = 0, hidden = 0, layers = 0;
    std::int64_t matrix = 0;                ///< floats of a packed hidden matrix
    const float* x = nullptr;               ///< [rows, 2]
    const std::int32_t* timestep = nullptr; ///< [rows], which of those that occur
    const float* time = nullptr;            ///< [timesteps, layers, hidden], biases included
    const float *in_weights = nullptr, *hidden_weights = nullptr; ///< packed, of depth 2 and hidden
    const float *out_weights = nullptr, *out_bias = nullptr;      ///< [2, hidden], [2]
    std::int64_t layer_stride = 0;                                ///< of h and slope
    /// h and silu'(u): [rows, hidden] of each layer; forward writes, backward reads them.
    float *h = nullptr, *slope = nullptr;
    bool keeps = true;  ///< those of all rows; else h alone, of mlp_rows, one after the other
    float* y = nullptr; ///< [rows, 2]

    const float* grad_y = nullptr; ///< [rows, 2], backward from here on
    const float *out_weights_packed = nullptr, *hidden_weights_back = nullptr;
    float *grad_in = nullptr, *grad_out = nullptr,
          *grad_out_bias = nullptr; ///< [2, hidden], [2, hidden], [2]
    float* grad_hidden = nullptr;   ///< [layers − 1, hidden, hidden]
    float* grad_time = nullptr;     ///< like time
    float* scratch = nullptr;       ///< [2, mlp_rows, hidden]; forward: [mlp_rows, hidden]
};

struct Loops {
    const char* name;
    std::int64_t panel; ///< columns of a matrix that are worked on at once
    std::int64_t (*winograd_plane)(std::int64_t in, std::int64_t out); ///< floats between planes of weights
    std::int64_t (*winograd_row)(
        std::int64_t channels); ///< floats of scratch for a tile and one of its 36 places
    void (*norm_forward_f32)(const NormTask&);
    void (*norm_forward_bf16)(const NormTask&);
    void (*norm_backward_f32)(const NormTask&);
    void (*norm_backward_bf16)(const NormTask&);
    /// to[i] = a[i] + b[i] + c[i] + d[i], in float32
    void (*add_four_f32)(const void* a, const void* b, const void* c, const void* d, void* to,
                         std::int64_t count);
    void (*add_four_bf16)(const void* a, const void* b, const void* c, const void* d, void* to,
                          std::int64_t count);
    void (*adam)(const AdamTask&);
    double (*sum_of_squares)(const float* x, std::int64_t count);
    void (*winograd_f32)(const WinogradTask&);
    void (*winograd_bf16)(const WinogradTask&);
    void (*winograd_weights)(const WinogradWeightsTask&); ///< weights -> to
    void (*winograd_weight_sums_f32)(const WinogradTask&);
    void (*winograd_weight_sums_bf16)(const WinogradTask&);
    void (*winograd_weight_gradient)(const WinogradWeightsTask&);                              ///< sums -> to
    std::int64_t (*attention_scratch)(std::int64_t pixels, std::int64_t width, bool backward); ///< floats
    void (*attention)(const AttentionTask&);                                                   ///< float32
    void (*attention_backward)(const AttentionTask&);
    void (*linear)(const LinearTask&);
    void (*linear_weight_sums)(const LinearTask&);
    void (*mlp)(const MlpTask&);
    void (*mlp_backward)(const MlpTask&);
    std::int64_t mlp_rows; ///< that go through all layers at a time
    /// to[panels of columns][rows][panel] ← from[rows, columns], or its transposed, from[columns, rows]
    void (*pack)(const float* from, std::int64_t rows, std::int64_t columns, bool transposed, float* to);
    std::int64_t (*gather_sums_scratch)(const GatherTask&); ///< bytes
    void (*gather_sums)(const GatherTask&);
    std::int64_t (*narrow_scratch)(const NarrowTask&, bool for_sums); ///< bytes
    void (*narrow)(const NarrowTask&);
    void (*narrow_sums)(const NarrowTask&);
};

/// The best that this processor runs. DDPM_KERNELS=baseline, avx2 or avx512 in the environment asks for less.
const Loops& loops();

extern const Loops baseline_loops;
#ifdef DDPM_X86_KERNELS
extern const Loops avx2_loops, avx512_loops;
#endif

} // namespace ddpm::network::kernels
