// Self-attention on a CPU without a matrix of all weights, with gradients.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace ddpm::network::kernels {

/// Whether attend() has a kernel for queries, keys and values like x.
bool has_attention(const torch::Tensor& x);

/// softmax(q kᵀ / √(C / heads)) v, head by head. qkv: [N, pixels, 3C], queries, keys and values beside each
/// other, each head after head -> [N, pixels, C] of the same type. All sums are in float32. A CPU's, float32.
torch::Tensor attend(const torch::Tensor& qkv, std::int64_t heads);

} // namespace ddpm::network::kernels
