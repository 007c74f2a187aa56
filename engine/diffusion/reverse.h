// The reverse process p (§3.2, Algorithm 2) and DDIM: one step from x_t towards x_0.
#pragma once

#include "ddpm/config.h"
#include "diffusion/schedule.h"

#include <torch/torch.h>

namespace ddpm::diffusion {

/// What the net's answer at x_t means.
struct Beliefs {
    torch::Tensor x0_hat;  ///< eq. 15, clipped or thresholded if asked
    torch::Tensor epsilon; ///< the noise as predicted; not recomputed after clipping
    /// Logarithm of sigma_t² for the step from `index` to `previous`, like x_t; undefined unless learned.
    torch::Tensor log_variance;
};

/// x_t: [N, C, …] float; output: the same, or 2C channels where the variance is learned; `index` is 0-based.
/// `previous` is where the step lands (< 0: at x_0): a learned range spans from its beta-tilde to its beta.
Beliefs interpret(const Schedule& schedule, const DiffusionSettings& diffusion,
                  const SamplingSettings& sampling, const torch::Tensor& x_t, const torch::Tensor& output,
                  int index, int previous);

/// alpha_bar where a step lands. Past the end it is 1, or that of the first t where DDIM is told so
/// (set_alpha_to_one = false).
double alpha_bar_after(const Schedule& schedule, const SamplingSettings& settings, int previous);

/// Standard deviation of the noise added on the way from `index` to `previous` (< 0: the last step).
/// Ancestral: sqrt(beta) or sqrt(beta-tilde) of the (possibly longer) step, or the root mean square of what
/// was learned (then it is read back from the device); 0 at index 0. DDIM: eta sqrt(beta-tilde). The others:
/// 0.
double step_sigma(const Schedule& schedule, const SamplingSettings& settings, const Beliefs& beliefs,
                  int index, int previous);

/// x at `previous`, by the ancestral sampler or DDIM. z ~ N(0, I) like x_t; ignored where step_sigma is 0
/// (may then be undefined). Ancestral, Algorithm 2 in the form of eq. 7 with x0_hat (they agree where nothing
/// is clipped); DDIM eq. 12 of Song et al., with
/// guidance and clipping in the noise beside the clipped x0_hat.
torch::Tensor reverse_step(const Schedule& schedule, const SamplingSettings& settings,
                           const torch::Tensor& x_t, const Beliefs& beliefs, int index, int previous,
                           const torch::Tensor& z);

} // namespace ddpm::diffusion
