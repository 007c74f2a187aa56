// One reverse step, taken apart: the net's prediction, what follows from it, the mean, and the noise added.
// Computed from what was recorded; the record keeps x0_hat and epsilon in half precision, so a mean is good
// to some three digits.
#pragma once

#include "ddpm/chain_record.h"

#include <span>
#include <vector>

namespace ddpm::ui {

enum class StepPhase {
    whole,   ///< not taken apart: the state with all that was predicted from it
    epsilon, ///< epsilon_theta(x_t, t)
    x0_hat,  ///< what follows from it, eq. 15, clipped if the sampler clips
    mean,    ///< of the next state; the solvers keep theirs to themselves
    landed,  ///< the next state itself: mean + sigma_t z, or the solver's step
};

/// Those that a step of this sampler has, in order; `whole` is none of them.
std::span<const StepPhase> phasesOf(Sampler sampler);

/// The epsilon that DDIM's mean is computed with, one value for each of the state's: what was predicted, or
/// (where guidance pushes x0_hat out of range and it is then bounded) what lies beside the bounded x0_hat.
std::vector<float> epsilonUsed(const ScheduleTable& schedule, const SamplingSettings& settings,
                               const ChainState& state);

/// Mean of the state that the step from `state` (t in 1…T) leads to, one value for each of the state's. The
/// ancestral sampler's is eq. 7 in x0_hat and x_t, DDIM's that of Song et al., eq. 12. Where no noise is
/// added, the next state is the mean: it is taken if `next` is given. Not for the solvers.
std::vector<float> stepMean(const ScheduleTable& schedule, const SamplingSettings& settings,
                            const ChainState& state, const ChainState* next = nullptr);

/// sigma_t z: what `next` has over the mean.
std::vector<float> addedNoise(const std::vector<float>& mean, const ChainState& next);

/// Part (0…1) of x0_hat's values that lie at the clip range: those that clipping may have changed.
double clippedShare(const SamplingSettings& settings, const ChainState& state);

} // namespace ddpm::ui
