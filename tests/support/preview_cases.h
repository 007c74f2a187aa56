// The net that previews are drawn from follows the weights it is given, whatever was kept of the last ones.
#pragma once

#include "network/net.h"
#include "runtime/model.h"
#include "runtime/preview_net.h"
#include "runtime/reverse_walk.h"
#include "support/small_run.h"

#include <torch/torch.h>

#include <memory>
#include <utility>
#include <vector>

namespace ddpm::test {

inline torch::Tensor drawn_from(runtime::Model model) {
    SamplingSettings sampling;
    sampling.sampler = Sampler::ddim;
    sampling.spacing = Spacing::trailing;
    sampling.steps = 10;
    sampling.count = 4;
    sampling.precision = model.settings.training.precision;
    runtime::ReverseWalk walk(std::move(model), sampling);
    while (!walk.advance([](int, int, const torch::Tensor&, const diffusion::Beliefs&, double) {})) {
    }
    return walk.x().to(torch::kCPU, torch::kFloat64);
}

/// What a net that stays and a net made anew draw from the same weights, for three sets of them.
inline std::vector<std::pair<torch::Tensor, torch::Tensor>> drawn_in_turn(Precision precision,
                                                                          torch::Device device) {
    RunSettings settings = small_run(8);
    settings.training.precision = precision;
    runtime::Model model;
    model.settings = settings;
    model.schedule = diffusion::make_schedule(settings.diffusion.schedule);
    model.device = device;
    runtime::PreviewNet stays(settings, device);
    std::vector<std::pair<torch::Tensor, torch::Tensor>> pairs;
    for (const std::uint64_t seed : {1, 2, 3}) {
        const std::unique_ptr<network::Net> net = network::make_net(settings.model, device, seed);
        {
            const torch::NoGradGuard no_grad; // a new net answers 0
            torch::manual_seed(seed);
            const torch::Tensor& flat = net->parameters().flat();
            flat.add_(torch::randn(flat.sizes()).mul(0.05).to(device));
        }
        runtime::Model anew = model;
        anew.net = runtime::copy_of(*net, settings.model, device);
        pairs.emplace_back(drawn_from(stays.with_weights_of(*net, model)), drawn_from(anew));
    }
    return pairs;
}

} // namespace ddpm::test
