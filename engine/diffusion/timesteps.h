// Which timesteps a sampler with fewer than T steps visits.
#pragma once

#include "ddpm/config.h"

#include <vector>

namespace ddpm::diffusion {

/// 0-based indices, descending, `steps` of them; 1 <= steps <= timesteps. The rules are diffusers':
/// leading i·(T//N); linspace round(0 … T−1); trailing round(T − i·T/N) − 1.
std::vector<int> sampling_timesteps(int timesteps, int steps, Spacing spacing);

/// Where the step from `index` lands: index − T//N, negative past the end (then alpha_bar is 1). As in
/// diffusers.
int previous_timestep(int index, int timesteps, int steps);

} // namespace ddpm::diffusion
