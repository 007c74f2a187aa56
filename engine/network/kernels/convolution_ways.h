// How convolve_3x3() comes to its results: pictures in channels-last memory, weights contiguous.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace ddpm::network::kernels {

struct WeightGradients {
    torch::Tensor weight; ///< [out, in, 3, 3] float32
    torch::Tensor bias;   ///< [out] float32
};

/// Enough pixels and channels that it pays to transform the weights: x [N, in, H, W], float32 or bfloat16.
bool has_winograd(const torch::Tensor& x, std::int64_t out);
/// y ← x * weight + bias + beside (null, undefined: nothing), or, for_gradient, the gradient of weight's
/// input where x is that of its output: both are convolutions.
void convolve_by_winograd(const torch::Tensor& x, const torch::Tensor& weight, bool for_gradient,
                          const float* bias, const torch::Tensor& beside, const torch::Tensor& y);
WeightGradients weight_gradients_by_winograd(const torch::Tensor& x, const torch::Tensor& grad_y);

/// A matrix unit for bfloat16, and pictures that fit it (tiles.h).
bool has_tiles(const torch::Tensor& x, std::int64_t out);
void convolve_by_tiles(const torch::Tensor& x, const torch::Tensor& weight, bool for_gradient,
                       const float* bias, const torch::Tensor& beside, const torch::Tensor& y);
WeightGradients weight_gradients_by_tiles(const torch::Tensor& x, const torch::Tensor& grad_y);

} // namespace ddpm::network::kernels
