// When the kernels' own loops can be used.
#pragma once

#include <torch/torch.h>

namespace ddpm::network::kernels {

inline bool has_loops(const torch::Tensor& x) {
    return x.is_cpu() && x.numel() > 0 &&
           (x.scalar_type() == torch::kFloat32 || x.scalar_type() == torch::kBFloat16);
}

} // namespace ddpm::network::kernels
