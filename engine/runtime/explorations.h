// What the paper's figures do with a model beyond plain samples: forks, interpolation, encoding.
#pragma once

#include "runtime/model.h"

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace ddpm::runtime {

/// Called between slices; `false` ends the work, which then returns undefined tensors.
using KeepGoing = std::function<bool()>;

/// Fig. 7: futures that share a state.
struct Forks {
    int t = 0; ///< the paper's, of `shared`: the first of the sampler's plan that is not above the wish
    torch::Tensor shared; ///< x_t, [1, …]
    torch::Tensor ends;   ///< [settings.count, …]
};
/// Chain 0 of settings.seed until it reaches the paper's `t`, 1…T; from there fork k goes on with the noise
/// of chain k, so that fork 0 is chain 0 itself. check_sampling() must be empty.
Forks fork(const Model& model, const SamplingSettings& settings, int t, const KeepGoing& keep_going);

/// A state to begin at.
struct Beginning {
    torch::Tensor x; ///< [N, …] on the CPU
    int index = 0;   ///< 0-based t of it, one of the sampler's plan
};
/// Both x0 ([2, …]) noised to t and mixed; see interpolate().
Beginning mixture(const Model& model, const SamplingSettings& settings, const torch::Tensor& x0, int t,
                  const std::vector<double>& lambdas, bool separate);
/// One x0 ([1, …]) noised to t by the noise of `chains` of the seed at T, [chains, …].
Beginning noised(const Model& model, const SamplingSettings& settings, const torch::Tensor& x0, int t,
                 const std::vector<std::int64_t>& chains);

/// Figs. 8 and 9. x0: [2, …] in [-1, 1]. Both are noised to t, mixed as (1 − lambda) x_t + lambda x_t', and
/// denoised with the same noise for all lambda; settings.count is not used. The two noises are the same one
/// (which keeps the variance of the mixture) or, with `separate`, two (as the paper draws them). [lambdas, …]
torch::Tensor interpolate(const Model& model, SamplingSettings settings, const torch::Tensor& x0, int t,
                          const std::vector<double>& lambdas, bool separate, const KeepGoing& keep_going);

/// x0: [N, …] -> x at the last timestep of a DDIM plan of settings.steps, [N, …]. DDIM with eta = 0, the same
/// steps and no clipping leads back, the more exactly the more steps. settings.label as in sampling.
torch::Tensor encode(const Model& model, const SamplingSettings& settings, const torch::Tensor& x0,
                     const KeepGoing& keep_going);

} // namespace ddpm::runtime
