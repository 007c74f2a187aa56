// Convolutions of 3×3, stride 1, padding 1, to one, two or three channels, or from as few, on a CPU, float32
// or bfloat16. The library's gradient of their weights has its threads wait for one another:
// halving_convolution.h.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace ddpm::network::kernels {

/// Whether narrow_convolution() takes x: [N, in, H, W], channels in 32s for bfloat16, in whole vectors for
/// float32.
bool has_narrow_convolution(const torch::Tensor& x, std::int64_t out);

/// x * weight + bias, in float32. weight: [out, in, 3, 3] float32; bias: [out] float32.
torch::Tensor narrow_convolution(const torch::Tensor& x, const torch::Tensor& weight,
                                 const torch::Tensor& bias);

/// Whether widening_convolution() takes x: [N, up to three, H, W], to channels like those above.
bool has_widening_convolution(const torch::Tensor& x, std::int64_t out);

/// x * weight + bias, like x in type, channels-last: the library's, but for the gradient of weight and bias.
torch::Tensor widening_convolution(const torch::Tensor& x, const torch::Tensor& weight,
                                   const torch::Tensor& bias);

} // namespace ddpm::network::kernels
