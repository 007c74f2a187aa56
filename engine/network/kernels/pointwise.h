// Convolutions of 1×1 and linear layers in bfloat16 on a CPU that multiplies it.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace ddpm::network::kernels {

/// Whether pointwise() takes x: [..., in] bfloat16, channels in 32s, 32 rows and more. Of large weights (in ·
/// out above 16,384) the library makes more.
bool has_pointwise(const torch::Tensor& x, std::int64_t out);

/// x Wᵀ + bias over the last dimension, like x in type. weight: [out, in] float32; bias: [out] float32.
torch::Tensor pointwise(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias);

} // namespace ddpm::network::kernels
