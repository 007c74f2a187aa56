// `ddpm-lab export plot`: a curve of a run or of a schedule as PNG, SVG, PDF or CSV.
#pragma once

#include "arguments.h"
#include "environment.h"

#include <string_view>
#include <vector>

namespace ddpm::app {

/// What only `export plot` takes. --out, --device and --threads are the verb's.
std::vector<OptionSpec> plot_options();

/// `others`: the verb's options that mean nothing here.
int export_plot(const Environment& environment, Arguments& arguments,
                const std::vector<std::string_view>& others);

} // namespace ddpm::app
