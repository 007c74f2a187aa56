// Standard normal noise keyed by (seed, chain, t): chain 37 is the same alone or in a grid, on a CPU or a
// GPU.
#pragma once

#include <torch/torch.h>

#include <array>
#include <cstdint>
#include <vector>

namespace ddpm::runtime {

/// Philox4x32-10 (Salmon et al. 2011): counter and key to four random words.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

/// Noise for chains first_chain … first_chain + n − 1 at one moment, [n, …item shape] float32 on `device`.
/// `t` is the paper's: T for x_T itself (pass T + 1), t for the z added when leaving t.
torch::Tensor keyed_noise(std::uint64_t seed, std::int64_t first_chain, std::int64_t n, int t,
                          const std::vector<std::int64_t>& item_shape, torch::Device device = torch::kCPU);

} // namespace ddpm::runtime
