// diffusers folders for tests: the peer's, and a small one to be spoiled.
#pragma once

#include "files.h"
#include "formats/diffusers_folder.h"

#include <nlohmann/json.hpp>

inline const std::filesystem::path pipelines = std::filesystem::path(DDPM_TEST_DATA) / "golden/pipelines";
constexpr const char* weights_file = "unet/diffusion_pytorch_model.safetensors";

inline nlohmann::json json_in(const std::filesystem::path& file) {
    return nlohmann::json::parse(read_bytes(file));
}

/// A small folder that reads well, to be spoiled.
inline void write_small(const std::filesystem::path& folder) {
    write_bytes(
        folder / "model_index.json",
        R"({"_class_name":"DDPMPipeline","scheduler":["diffusers","DDPMScheduler"],"unet":["diffusers","UNet2DModel"]})");
    write_bytes(
        folder / "unet/config.json",
        R"({"_class_name":"UNet2DModel","sample_size":16,"in_channels":1,"out_channels":1,"block_out_channels":[32,64],)"
        R"("down_block_types":["DownBlock2D","AttnDownBlock2D"],"up_block_types":["AttnUpBlock2D","UpBlock2D"]})");
    write_bytes(folder / "scheduler/scheduler_config.json", R"({"_class_name":"DDPMScheduler"})");
    (void)ddpm::formats::write_safetensors(folder / weights_file, {{"conv_in.weight", torch::ones({2})}},
                                           {{"format", "pt"}})
        .ok();
}

inline void set_key(const std::filesystem::path& file, const std::string& key, const nlohmann::json& value) {
    nlohmann::json object = json_in(file);
    object[key] = value;
    write_bytes(file, object.dump());
}

inline std::string error_of(const std::filesystem::path& folder) {
    const auto model = ddpm::formats::read_diffusers(folder);
    return model ? std::string() : model.error().line();
}
