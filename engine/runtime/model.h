// Something to sample from: a net with the diffusion it was trained for.
#pragma once

#include "ddpm/config.h"
#include "ddpm/result.h"
#include "diffusion/schedule.h"
#include "formats/diffusers_folder.h"
#include "network/net.h"

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace ddpm::runtime {

class ForwardGraph;

struct Model {
    std::string name;
    std::filesystem::path folder;
    RunSettings settings;      ///< model and diffusion parts always valid
    SamplingSettings sampling; ///< what the file suggests
    std::int64_t step = 0;     ///< optimiser steps behind the weights; 0 if unknown
    diffusion::Schedule schedule;
    torch::Device device = torch::kCPU;
    std::shared_ptr<network::Net> net;     ///< no gradients
    std::shared_ptr<ForwardGraph> answers; ///< of net, where they outlive a walk; null: each walk has its own
    std::vector<std::string> notices;
    formats::DiffusersSource source; ///< of a diffusers folder: its own files, written again as they were

    /// Shape of one item: {C, H, W} or {2}.
    std::vector<std::int64_t> item_shape() const;
};

/// A run folder (EMA weights of its newest good checkpoint) or a diffusers folder.
Result<Model> load_model(const std::filesystem::path& folder, torch::Device device);

/// How a model of a run is sampled when nothing else is said: Algorithm 2, all steps, sigma_t² = beta_t or
/// learned; fewer steps end at T (trailing).
SamplingSettings usual_sampling(const DiffusionSettings& diffusion);

/// What is written as a diffusers folder; `where` is for the error.
Result<formats::DiffusersModel> to_diffusers(const Model& model, const std::filesystem::path& where);

/// All that is wrong with sampling this model so: SamplingSettings::check, and what only the model knows (its
/// classes, whether it has learned a variance).
std::vector<Problem> check_sampling(const Model& model, const SamplingSettings& settings);

/// Of which no gradient can be asked.
std::shared_ptr<network::Net> make_frozen_net(const ModelSettings& settings, torch::Device device);

/// An independent copy of a net's weights: what is sampled does not change under the sampler while training
/// goes on.
std::shared_ptr<network::Net> copy_of(const network::Net& net, const ModelSettings& settings,
                                      torch::Device device);

} // namespace ddpm::runtime
