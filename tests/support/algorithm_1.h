// Algorithm 1 written out, one operation after the other: what the trainer is held against, with the same
// draws.
#pragma once

#include "compat/torch_compat.h"
#include "data/dataset.h"
#include "diffusion/forward.h"
#include "diffusion/schedule.h"
#include "network/net.h"
#include "training/adam.h"
#include "training/batches.h"
#include "training/seeds.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstdint>
#include <memory>

namespace ddpm::test {

/// Of a run that predicts epsilon or v, without flips, classes and averages; min-SNR is for epsilon.
class Algorithm1 {
public:
    Algorithm1(const RunSettings& settings, const data::Dataset& dataset, torch::Device device)
        : settings_(settings), device_(device), items_(dataset.items.to(device)),
          net_(network::make_net(
              settings.model, device,
              training::derive_seed(settings.training.seed, training::Purpose::weights, 0))),
          adam_(net_->parameters().flat(), net_->parameters().flat_gradient()),
          batches_(dataset.size(), settings.training.batch_size, settings.training.seed, device),
          q_(diffusion::signal_and_noise(diffusion::make_schedule(settings.diffusion.schedule), device)),
          generator_(compat::make_generator(device, 0)) {}

    void step() {
        generator_.set_current_seed(training::derive_seed(settings_.training.seed, training::Purpose::step,
                                                          static_cast<std::uint64_t>(step_)));
        const bool points = settings_.model.kind == NetKind::point_mlp;
        const torch::Tensor x0 = data::to_model_input(items_.index_select(0, batches_.indices(step_)),
                                                      points ? 0 : settings_.model.unet.sample_size);
        const auto options = torch::TensorOptions(device_);
        const torch::Tensor t = torch::randint(settings_.diffusion.schedule.timesteps, {x0.size(0)},
                                               generator_, options.dtype(torch::kInt64));
        const torch::Tensor epsilon = torch::randn(x0.sizes(), generator_, options);
        const torch::Tensor x_t = diffusion::q_sample(q_, x0, t, epsilon);
        const torch::Tensor asked =
            settings_.diffusion.prediction == Prediction::epsilon
                ? epsilon
                : diffusion::at_t(q_.signal, t, x0) * epsilon - diffusion::at_t(q_.noise, t, x0) * x0;
        network::Mode mode{true, generator_};
        network::set_precision(mode, settings_.training.precision);
        torch::Tensor squared = (net_->forward(x_t, t, mode) - asked).square().flatten(1).mean(1);
        if (settings_.training.min_snr_gamma > 0) {
            const torch::Tensor snr = (q_.signal.square() / q_.noise.square()).index_select(0, t);
            squared = squared * (settings_.training.min_snr_gamma / snr).clamp_max(1);
        }
        loss = squared.mean();
        net_->parameters().flat_gradient().zero_();
        loss.backward();
        const torch::Tensor& gradient = net_->parameters().flat_gradient();
        norm = device_.is_cpu() ? gradient.to(torch::kFloat64).norm().to(torch::kFloat32) : gradient.norm();
        const double rate =
            settings_.training.learning_rate *
            std::min(1.0, static_cast<double>(step_ + 1) / std::max(1, settings_.training.warmup_steps));
        adam_.step(rate, std::min(settings_.training.gradient_clip / (norm.item<float>() + 1e-6), 1.0), {});
        ++step_;
    }

    network::Net& net() { return *net_; }
    torch::Tensor loss, norm; ///< of the newest step

private:
    RunSettings settings_;
    torch::Device device_;
    torch::Tensor items_;
    std::unique_ptr<network::Net> net_;
    training::Adam adam_;
    training::Batches batches_;
    diffusion::SignalNoise q_;
    torch::Generator generator_;
    std::int64_t step_ = 0;
};

} // namespace ddpm::test
