// What a picture was made with, as the text inside an exported PNG:
// {"model": run settings, "sampling": sampling settings, "step": number}.
#pragma once

#include "ddpm/config.h"
#include "ddpm/result.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace ddpm::formats {

struct PictureOrigin {
    RunSettings model;
    std::optional<SamplingSettings> sampling; ///< not of samples that a training drew on its way
    std::int64_t step = 0;                    ///< of training, not negative
};

std::string to_json(const PictureOrigin& origin);

/// Nothing for a file that is no PNG of ours, or cannot be read; an error where it is one and its settings
/// are damaged, from a newer version, or not those of a picture.
Result<std::optional<PictureOrigin>> read_picture_origin(const std::filesystem::path& file);

} // namespace ddpm::formats
