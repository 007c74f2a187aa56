// What is inside a run, a diffusers folder, a safetensors file or a picture of ours, as one JSON object. Only
// reads.
#pragma once

#include "ddpm/result.h"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>

namespace ddpm::app {

/// "kind" is "run", "diffusers", "safetensors" or "picture"; the other keys depend on it. An error if the
/// path does not exist, is none of these, or cannot be read.
Result<nlohmann::ordered_json> inspect_path(const std::filesystem::path& path);

} // namespace ddpm::app
