// The sampler's options, the same for pictures and for arrays.
#pragma once

#include "arguments.h"

namespace ddpm::app {

std::vector<OptionSpec> sampling_options();

/// Puts what was given over what the model's folder suggests. `timesteps` is T. Contradictions are noted in
/// `arguments`.
void read_sampling(Arguments& arguments, SamplingSettings& settings, int timesteps);

} // namespace ddpm::app
