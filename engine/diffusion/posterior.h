// The forward posterior q(x_{t−1} | x_t, x_0), eqs. 6 and 7.
#pragma once

#include "diffusion/schedule.h"

#include <torch/torch.h>

namespace ddpm::diffusion {

/// mu-tilde_t(x_t, x_0), eq. 7. x_t, x0: [N, …] float; `index` is 0-based.
torch::Tensor posterior_mean(const Schedule& schedule, const torch::Tensor& x0, const torch::Tensor& x_t,
                             int index);

} // namespace ddpm::diffusion
