// Linear layers on a CPU, with gradients: products of many rows with small matrices, which a general library
// packs and divides among threads anew each time.
#pragma once

#include <torch/torch.h>

namespace ddpm::network::kernels {

/// Whether linear() has a kernel for x: [..., in] and weight: [out, in]: float32 on a CPU, many rows, widths
/// of whole vectors.
bool has_linear(const torch::Tensor& x, const torch::Tensor& weight);

/// x Wᵀ + bias -> [..., out]; bias: [out].
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias);

} // namespace ddpm::network::kernels
