// Something to sample from: a net with the diffusion it was trained for.
#pragma once

#include "ddpm/config.h"
#include "ddpm/result.h"
#include "diffusion/schedule.h"
#include "network/net.h"

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace ddpm::runtime {

struct Model {
    std::string name;
    std::filesystem::path folder;
    RunSettings settings;      ///< model and diffusion parts always valid
    SamplingSettings sampling; ///< what the file suggests
    std::int64_t step = 0;     ///< optimiser steps behind the weights; 0 if unknown
    diffusion::Schedule schedule;
    torch::Device device = torch::kCPU;
    std::shared_ptr<network::Net> net; ///< no gradients
    std::vector<std::string> notices;

    /// Shape of one item: {C, H, W} or {2}.
    std::vector<std::int64_t> item_shape() const;
};

/// A run folder (EMA weights of its newest good checkpoint) or a diffusers folder.
Result<Model> load_model(const std::filesystem::path& folder, torch::Device device);

/// An independent copy of a net's weights: what is sampled does not change under the sampler while training
/// goes on.
std::shared_ptr<network::Net> copy_of(const network::Net& net, const ModelSettings& settings,
                                      torch::Device device);

} // namespace ddpm::runtime
