// Where the bundled data are.
#pragma once

#include <filesystem>

namespace ddpm::runtime {

/// `wanted` if given; else share/ddpm-lab beside the installed program; else the source tree it was built
/// from.
std::filesystem::path find_resources(const std::filesystem::path& wanted);

} // namespace ddpm::runtime
