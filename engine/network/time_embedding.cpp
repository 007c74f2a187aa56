#include "network/time_embedding.h"

#include <cmath>

namespace ddpm::network {

torch::Tensor sinusoidal_embedding(const torch::Tensor& t, int channels, bool flip_sin_to_cos,
                                   double freq_shift) {
    const int half = channels / 2;
    const torch::Tensor exponent =
        torch::arange(half, torch::TensorOptions(torch::kFloat32).device(t.device())) *
        (-std::log(10000.0) / (half - freq_shift));
    const torch::Tensor angle = t.to(torch::kFloat32).unsqueeze(1) * exponent.exp().unsqueeze(0);
    return flip_sin_to_cos ? torch::cat({angle.cos(), angle.sin()}, 1)
                           : torch::cat({angle.sin(), angle.cos()}, 1);
}

} // namespace ddpm::network
