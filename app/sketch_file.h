// A pen's path from a text file, for `ddpm-lab train --sketch`.
#pragma once

#include "ddpm/result.h"

#include <filesystem>
#include <vector>

namespace ddpm::app {

/// One point "x,y" a line, both in [-1, 1]; commas, semicolons, blanks or tabs between them. Empty lines,
/// lines that begin with # and a first line of names are passed over. At most
/// DataSettings::most_sketch_points points in at most a megabyte.
Result<std::vector<float>> read_sketch(const std::filesystem::path& file);

} // namespace ddpm::app
