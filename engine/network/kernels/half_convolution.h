// Convolutions of 3×3 in bfloat16 on a CPU that are not convolution.h's: of stride 2, and to a few channels.
// The library's sums for their weights make the threads wait for one another picture by picture, actively:
// beside another busy program that took a hundred times as long.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace ddpm::network::kernels {

/// Whether halving_convolution() takes x: [N, in, H, W] bfloat16 on a CPU that multiplies it, channels in
/// 32s.
bool has_halving_convolution(const torch::Tensor& x, std::int64_t out);

/// x * weight + bias, stride 2, like x in type, channels-last. padding: 1 on each side, or 0, and then one of
/// zeros at the right and below, as the paper's net has it. weight: [out, in, 3, 3] float32; bias: [out]
/// float32.
torch::Tensor halving_convolution(const torch::Tensor& x, const torch::Tensor& weight,
                                  const torch::Tensor& bias, std::int64_t padding);

/// Whether pointwise() takes x: [..., in] bfloat16 on such a CPU, channels in 32s, 32 rows and more.
bool has_pointwise(const torch::Tensor& x, std::int64_t out);

/// x Wᵀ + bias over the last dimension, like x in type: a convolution of 1×1, or a linear layer. weight:
/// [out, in] float32; bias: [out] float32.
torch::Tensor pointwise(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias);

/// Whether narrow_convolution() takes x: as above, to one, two or three channels.
bool has_narrow_convolution(const torch::Tensor& x, std::int64_t out);

/// x * weight + bias, stride 1, padding 1, in float32. weight and bias as above.
torch::Tensor narrow_convolution(const torch::Tensor& x, const torch::Tensor& weight,
                                 const torch::Tensor& bias);

} // namespace ddpm::network::kernels
