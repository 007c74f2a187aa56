// A Hugging Face diffusers folder (UNet2DModel + DDPMScheduler or DDIMScheduler), read and written.
#pragma once

#include "ddpm/config.h"
#include "ddpm/result.h"
#include "formats/safetensors.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ddpm::formats {

/// The configuration files as they were read.
struct DiffusersSource {
    std::string model_index, unet, scheduler; ///< JSON; empty where there was none
};

struct DiffusersModel {
    UnetSettings unet;
    DiffusionSettings diffusion;
    SamplingSettings sampling; ///< what the scheduler's file says: clip, variance, spacing, ddim or ancestral
    TensorList weights; ///< float32; current names (to_q, to_k, to_v, to_out.0), whatever the file used
    std::vector<std::string> notices;
    /// Written again, byte for byte, as far as they still say the same as the settings above.
    DiffusersSource source = {};
    /// The schedule's, T numbers; only needed for writing where diffusers has no name for the schedule
    /// (constant, jsd, warm-up; sigmoid with DDIM).
    std::vector<double> betas = {};
};

/// Components in sub-folders or in the root. `.bin`, `.pt`, `.pkl` and paths with `..` are refused; an
/// unsupported key or value is named (FORMATS; FAULTS 13, 19–21).
Result<DiffusersModel> read_diffusers(const std::filesystem::path& folder);

/// True if `folder` looks like one (model_index.json, unet/config.json or a config.json with UNet2DModel).
bool is_diffusers_folder(const std::filesystem::path& folder);

/// Loads unchanged in diffusers. Written to a temporary folder beside it and renamed; refuses an existing
/// non-empty folder.
Status write_diffusers(const std::filesystem::path& folder, const DiffusersModel& model);

} // namespace ddpm::formats
