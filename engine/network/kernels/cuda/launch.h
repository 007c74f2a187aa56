// The kernels that run on a GPU, as plain functions over device memory: no torch here, so that nvcc reads
// little. Each only queues work on `stream`; a launch that is refused throws std::runtime_error.
#pragma once

#include <cstdint>
#include <cuda_runtime_api.h>

namespace ddpm::network::kernels::cuda {

enum class Type { f32, bf16 };

/// All pictures of a batch, channels-last: value (n, p, c) is at (n · pixels + p) · channels + c.
struct Norm {
    Type type = Type::f32;        ///< of x, y and their gradients; everything else is float32
    const void* x = nullptr;      ///< [examples, pixels, channels]
    const float* shift = nullptr; ///< [examples, channels], added to x; may be null
    const float* weight = nullptr;
    const float* bias = nullptr;
    float* mean = nullptr; ///< [examples, groups]; forward writes it, backward reads it
    float* rstd = nullptr; ///< [examples, groups]
    std::int64_t examples = 0, pixels = 0, channels = 0, groups = 0;
    float eps = 0;
    bool silu = false;
    const std::int64_t* seed = nullptr; ///< of the dropout mask, on the device; null: none
    std::uint32_t drop_below = 0;       ///< as in Mask
    float scale = 1;
    void* y = nullptr;

    const void* grad_y = nullptr;      ///< backward from here on
    const void* grad_beside = nullptr; ///< added to grad_x; may be null
    void* grad_x = nullptr;
    float* grad_shift = nullptr;  ///< may be null
    float* grad_weight = nullptr; ///< [examples, channels]: each example's share
    float* grad_bias = nullptr;
    std::int64_t share_stride = 0; ///< from one example's share to the next
};
/// A group must not be wider than this.
constexpr std::int64_t widest_group = 256;
void norm_forward(const Norm& norm, cudaStream_t stream);
void norm_backward(const Norm& norm, cudaStream_t stream);

/// Rows of `a` and `b` bytes, side by side and apart again; both counts are multiples of 2.
void concat(const void* a, const void* b, void* both, std::int64_t rows, std::int64_t bytes_a,
            std::int64_t bytes_b, cudaStream_t stream);
void split(const void* both, void* a, void* b, std::int64_t rows, std::int64_t bytes_a, std::int64_t bytes_b,
           cudaStream_t stream);

/// [examples, height, width, channels] -> twice as high and wide, nearest neighbour; and its gradient.
void upsample(Type type, const void* x, void* y, std::int64_t examples, std::int64_t height,
              std::int64_t width, std::int64_t channels, cudaStream_t stream);
void add_four(Type type, const void* grad_y, void* grad_x, std::int64_t examples, std::int64_t height,
              std::int64_t width, std::int64_t channels, cudaStream_t stream);

/// sums[c] = Σ x[row, c], float32. `partial`: [column_sum_parts(…), channels] float32, scratch.
int column_sum_parts(Type type, std::int64_t rows, std::int64_t channels);
void column_sums(Type type, const void* x, float* partial, float* sums, std::int64_t rows,
                 std::int64_t channels, cudaStream_t stream);

/// y = a + b + bias, [rows, channels] and [channels] float32; b may be null.
void add_biased(Type type, const void* a, const void* b, const float* bias, void* y, std::int64_t rows,
                std::int64_t channels, cudaStream_t stream);

/// As AdamTask, with what changes from step to step on the device. Where *alive is 0 nothing is written.
struct Adam {
    float* weights = nullptr;
    const float* gradient = nullptr;
    float *exp_avg = nullptr, *exp_avg_sq = nullptr;
    float* average = nullptr; ///< may be null
    std::int64_t count = 0;   ///< a multiple of 4
    float beta1 = 0, beta2 = 0, eps = 0;
    const float* gradient_scale = nullptr;
    const float* step_size = nullptr;        ///< learning rate / (1 − beta1^k)
    const float* root_correction2 = nullptr; ///< sqrt(1 − beta2^k)
    const float* decay = nullptr;
    const bool* alive = nullptr;
};
void adam(const Adam& adam, cudaStream_t stream);

} // namespace ddpm::network::kernels::cuda
