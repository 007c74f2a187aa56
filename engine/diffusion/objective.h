// What the net is asked for and how far off it is: L_simple, eq. 14.
#pragma once

#include "ddpm/config.h"
#include "diffusion/forward.h"

#include <torch/torch.h>

namespace ddpm::diffusion {

/// What the net should answer at x_t: epsilon itself, or v = sqrt(alpha_bar) epsilon − sqrt(1 − alpha_bar)
/// x_0.
torch::Tensor target(Prediction prediction, const SignalNoise& tables, const torch::Tensor& x0,
                     const torch::Tensor& t, const torch::Tensor& epsilon);

/// Squared error of each example, averaged over its values: [N] float32. Its mean is L_simple per value.
torch::Tensor simple_loss(const torch::Tensor& prediction, const torch::Tensor& target);

/// The noise that a prediction at x_t stands for.
torch::Tensor epsilon_from(Prediction prediction, const SignalNoise& tables, const torch::Tensor& x_t,
                           const torch::Tensor& t, const torch::Tensor& output);

} // namespace ddpm::diffusion
