// Self-attention on a CPU without a matrix of all weights, with gradients.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace ddpm::network::kernels {

/// Whether attend() is the way for x: [N, pixels, C], queries, keys and values like it: float32, or bfloat16
/// where the processor multiplies that (halves.h) and pixels and channels of a head are in 32s.
bool has_attention(const torch::Tensor& x, std::int64_t heads);

/// softmax(q kᵀ / √(C / heads)) v, head by head. qkv: [N, pixels, 3C], queries, keys and values beside each
/// other, each head after head -> [N, pixels, C] of the same type. All sums are in float32. Where
/// has_attention().
torch::Tensor attend(const torch::Tensor& qkv, std::int64_t heads);

} // namespace ddpm::network::kernels
