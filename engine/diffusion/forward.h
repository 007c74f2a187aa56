// The forward process q (§2): from data to noise.
#pragma once

#include "diffusion/schedule.h"

#include <torch/torch.h>

namespace ddpm::diffusion {

/// sqrt(alpha_bar) and sqrt(1 − alpha_bar) as [T] float32 on a device, for gathering by t in the training
/// loop.
struct SignalNoise {
    torch::Tensor signal; ///< sqrt(alpha_bar_t)
    torch::Tensor noise;  ///< sqrt(1 − alpha_bar_t)
};
SignalNoise signal_and_noise(const Schedule& schedule, torch::Device device);

/// table[t] shaped to broadcast over x: [N, 1, 1, …]. table: [T]; t: [N] int64, 0-based; x: [N, …].
torch::Tensor at_t(const torch::Tensor& table, const torch::Tensor& t, const torch::Tensor& x);

/// Forward process in one jump, eq. 4:  x_t = sqrt(alpha_bar_t) x_0 + sqrt(1 − alpha_bar_t) epsilon.
/// x0, epsilon: [N, …] float32, x0 in [-1, 1];  t: [N] int64, 0-based (0 is the paper's t = 1).
torch::Tensor q_sample(const SignalNoise& tables, const torch::Tensor& x0, const torch::Tensor& t,
                       const torch::Tensor& epsilon);

/// One step, eq. 2:  x_t = sqrt(1 − beta_t) x_{t−1} + sqrt(beta_t) z.  `index` is 0-based; z ~ N(0, I) like
/// x.
torch::Tensor q_step(const Schedule& schedule, const torch::Tensor& x_before, int index,
                     const torch::Tensor& z);

} // namespace ddpm::diffusion
