// The reverse process p (§3.2, Algorithm 2) and DDIM: one step from x_t towards x_0.
#pragma once

#include "ddpm/config.h"
#include "diffusion/schedule.h"

#include <torch/torch.h>

namespace ddpm::diffusion {

/// What the net's answer at x_t means.
struct Beliefs {
    torch::Tensor x0_hat;  ///< eq. 15, clipped to [-1, 1] if asked
    torch::Tensor epsilon; ///< the noise as predicted; not recomputed after clipping
};

/// x_t, output: [N, …] float32; `index` is 0-based.
Beliefs interpret(const Schedule& schedule, Prediction prediction, const torch::Tensor& x_t,
                  const torch::Tensor& output, int index, bool clip);

/// Standard deviation of the noise added on the way from `index` to `previous` (< 0: the last step).
/// Ancestral: sqrt(beta) or sqrt(beta-tilde) of the (possibly longer) step, 0 at the last one. DDIM: eta
/// sqrt(beta-tilde).
double step_sigma(const Schedule& schedule, const SamplingSettings& settings, int index, int previous);

/// x at `previous`. z ~ N(0, I) like x_t; ignored where step_sigma is 0 (may then be undefined).
/// Ancestral, Algorithm 2 in the form of eq. 7 with x0_hat (they agree where nothing is clipped); DDIM eq. 12
/// of Song et al.
torch::Tensor reverse_step(const Schedule& schedule, const SamplingSettings& settings,
                           const torch::Tensor& x_t, const Beliefs& beliefs, int index, int previous,
                           const torch::Tensor& z);

} // namespace ddpm::diffusion
