// A noise schedule on the command line.
#pragma once

#include "arguments.h"

#include <vector>

namespace ddpm::app {

/// --<name>, --timesteps, --beta-start, --beta-end, --zero-terminal-snr.
std::vector<OptionSpec> schedule_options(std::string_view name);

/// What is wrong is noted in `arguments`; then the settings may be unfit for use.
ScheduleSettings read_schedule(Arguments& arguments, std::string_view name);

} // namespace ddpm::app
