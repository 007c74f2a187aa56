// Convolutions of 3×3 and stride 2 on a CPU. In bfloat16 they are our own; in float32 the library's, but for
// the gradient of the weights: for that the library's threads wait for one another, actively and again and
// again, and beside another busy program each of these times takes a slice of the scheduler's.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace ddpm::network::kernels {

/// Whether halving_convolution() takes x: [N, in, H, W], H and W 2 and more. bfloat16: channels in 32s, a
/// processor that multiplies it; float32: channels in whole vectors.
bool has_halving_convolution(const torch::Tensor& x, std::int64_t out);

/// x * weight + bias, like x in type, channels-last. padding: 1 on each side, or 0, and then one of zeros at
/// the right and below, as the paper's net has it. weight: [out, in, 3, 3] float32; bias: [out] float32.
torch::Tensor halving_convolution(const torch::Tensor& x, const torch::Tensor& weight,
                                  const torch::Tensor& bias, std::int64_t padding);

} // namespace ddpm::network::kernels
