// The sinusoidal embedding of the timestep (App. B; Vaswani et al. 2017).
#pragma once

#include <torch/torch.h>

namespace ddpm::network {

/// t: [N] int64, 0-based -> [N, channels] float32: [sin, cos], or [cos, sin] if flipped.
/// freq_i = exp(−ln 10000 · i / (channels/2 − freq_shift)). channels is even.
torch::Tensor sinusoidal_embedding(const torch::Tensor& t, int channels, bool flip_sin_to_cos,
                                   double freq_shift);

} // namespace ddpm::network
