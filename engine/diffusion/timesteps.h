// Which timesteps a sampler with fewer than T steps visits.
#pragma once

#include "ddpm/config.h"

#include <vector>

namespace ddpm::diffusion {

/// 0-based indices, descending, `steps` of them; 1 <= steps <= timesteps. The rules are diffusers':
/// leading i·(T//N) + offset; linspace round(0 … T−1); trailing round(T − i·T/N) − 1. With an offset so large
/// that the first would lie past the end it throws std::logic_error; see fits().
std::vector<int> sampling_timesteps(int timesteps, int steps, Spacing spacing, int offset = 0);

/// The same for whole settings. DPM-Solver++ spreads N + 1 points and leaves out the smallest t, as
/// diffusers' DPMSolverMultistepScheduler: it goes from the last one straight to x_0, and a tiny t in between
/// would only make its extrapolation long. (With N = T every t is visited, whatever the sampler.)
std::vector<int> sampling_timesteps(int timesteps, const SamplingSettings& settings);

/// Whether the offset leaves every timestep below T.
bool fits(int timesteps, const SamplingSettings& settings);

/// Where the step from `index` lands for the ancestral sampler and DDIM: index − T//N, negative past the end
/// (then alpha_bar is 1). As in diffusers.
int previous_timestep(int index, int timesteps, int steps);

} // namespace ddpm::diffusion
