// `ddpm-lab sample` with arrays: noise given, every state recorded, the scheduler's keys overridden.
#pragma once

#include "arguments.h"
#include "environment.h"

namespace ddpm::app {

/// The options that sampling with arrays has beyond those for pictures.
std::vector<OptionSpec> array_options();
/// Whether the command line asks for arrays.
bool wants_arrays(const Arguments& arguments);

int sample_arrays(const Environment& environment, Arguments& arguments);

} // namespace ddpm::app
