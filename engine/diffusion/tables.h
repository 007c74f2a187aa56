// The schedule as tensors on a device, gathered by the t of each example: what training and the bound need.
#pragma once

#include "diffusion/forward.h"
#include "diffusion/prediction.h"
#include "diffusion/schedule.h"

#include <torch/torch.h>

namespace ddpm::diffusion {

/// All [T], 0-based, computed in float64 and then brought to `type`.
struct Tables {
    SignalNoise q;                ///< sqrt(alpha_bar), sqrt(1 − alpha_bar)
    torch::Tensor posterior_x0;   ///< factor of x_0 in mu-tilde_t, eq. 7
    torch::Tensor posterior_xt;   ///< factor of x_t in mu-tilde_t, eq. 7
    torch::Tensor log_beta;       ///< log beta_t
    torch::Tensor log_beta_tilde; ///< log beta-tilde_t; index 0 (−infinity) replaced by index 1
    torch::Tensor
        log_fixed_large; ///< log beta_t, but log beta-tilde of index 1 at index 0: the decoder's variance
};
Tables make_tables(const Schedule& schedule, torch::Device device, torch::ScalarType type = torch::kFloat32);

/// t: [N] int64, 0-based; x: [N, …].
Factors<torch::Tensor> factors_at(const Tables& tables, const torch::Tensor& t, const torch::Tensor& x);
/// Only those that target() asks for; the others are undefined.
Factors<torch::Tensor> factors_of_target(Prediction prediction, const Tables& tables, const torch::Tensor& t,
                                         const torch::Tensor& x);

} // namespace ddpm::diffusion
