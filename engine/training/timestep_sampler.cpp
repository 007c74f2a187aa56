#include "training/timestep_sampler.h"

#include <cmath>

namespace ddpm::training {
namespace {

constexpr double spread_evenly = 1e-3;
constexpr const char* losses_name = "timesteps.losses";
constexpr const char* seen_name = "timesteps.seen";

} // namespace

TimestepSampler::TimestepSampler(TimestepSampling kind, int timesteps, torch::Device device)
    : kind_(kind), timesteps_(timesteps), device_(device),
      losses_(torch::zeros({timesteps, history}, torch::kFloat64)),
      seen_(torch::zeros({timesteps}, torch::kInt64)) {}

bool TimestepSampler::warmed_up() const {
    return kind_ == TimestepSampling::importance && seen_.min().item<std::int64_t>() >= history;
}

torch::Tensor TimestepSampler::probabilities() const {
    const torch::Tensor even = torch::full({timesteps_}, 1.0 / timesteps_, torch::kFloat64);
    if (!warmed_up()) return even;
    const torch::Tensor size = losses_.square().mean(1).sqrt();
    const double total = size.sum().item<double>();
    if (!(total > 0)) return even;
    return (1 - spread_evenly) / total * size + spread_evenly * even;
}

TimestepSampler::Drawn TimestepSampler::draw(std::int64_t n, torch::Generator& generator) const {
    const auto options = torch::TensorOptions(device_);
    if (!warmed_up()) return {torch::randint(timesteps_, {n}, generator, options.dtype(torch::kInt64)), {}};
    const torch::Tensor p = probabilities();
    const torch::Tensor u = torch::rand({n}, generator, options.dtype(torch::kFloat64)).to(torch::kCPU);
    // Rounding may leave the last sum a little below 1.
    const torch::Tensor t = torch::searchsorted(p.cumsum(0), u, false, true).clamp_max(timesteps_ - 1);
    const torch::Tensor weight = 1 / (timesteps_ * p.index_select(0, t));
    return {t.to(device_), weight.to(device_, torch::kFloat32)};
}

void TimestepSampler::record(const torch::Tensor& t, const torch::Tensor& loss) {
    if (kind_ == TimestepSampling::uniform) return;
    const torch::Tensor at = t.to(torch::kCPU), values = loss.detach().to(torch::kCPU, torch::kFloat64);
    const auto index = at.accessor<std::int64_t, 1>();
    const auto value = values.accessor<double, 1>();
    auto ring = losses_.accessor<double, 2>();
    auto seen = seen_.accessor<std::int64_t, 1>();
    for (std::int64_t i = 0; i < index.size(0); ++i) {
        if (!std::isfinite(value[i])) continue;
        ring[index[i]][seen[index[i]] % history] = value[i];
        ++seen[index[i]];
    }
}

formats::TensorList TimestepSampler::state() const {
    if (kind_ == TimestepSampling::uniform) return {};
    return {{losses_name, losses_.clone()}, {seen_name, seen_.clone()}};
}

bool TimestepSampler::fits(const formats::TensorList& tensors) const {
    if (kind_ == TimestepSampling::uniform) return true;
    const torch::Tensor *losses = formats::find(tensors, losses_name),
                        *seen = formats::find(tensors, seen_name);
    return losses && seen && losses->sizes() == losses_.sizes() && seen->sizes() == seen_.sizes() &&
           losses->scalar_type() == torch::kFloat64 && seen->scalar_type() == torch::kInt64;
}

void TimestepSampler::take(const formats::TensorList& tensors) {
    if (kind_ == TimestepSampling::uniform) return;
    losses_.copy_(*formats::find(tensors, losses_name));
    seen_.copy_(*formats::find(tensors, seen_name));
}

} // namespace ddpm::training
