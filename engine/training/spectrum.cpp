#include "training/spectrum.h"

#include <cmath>

namespace ddpm::training {
namespace {
constexpr double memory = 0.99; ///< per step: the last hundred or so count
} // namespace

LossSpectrum::LossSpectrum(int timesteps, int bins, torch::Device device)
    : timesteps_(timesteps), bins_(std::min(bins, timesteps)),
      sum_(torch::zeros({bins_}, torch::TensorOptions(torch::kFloat32).device(device))),
      weight_(torch::zeros_like(sum_)) {}

void LossSpectrum::add(const torch::Tensor& t, const torch::Tensor& loss) {
    const torch::NoGradGuard no_grad;
    if (t.is_cpu()) {
        add_here(t, loss.detach());
        return;
    }
    const torch::Tensor bin = (t * bins_).floor_divide(timesteps_);
    // A loss that is none must not stay: on a GPU this is queued before anybody has looked at it.
    const torch::Tensor finite = torch::isfinite(loss);
    sum_.mul_(memory).index_add_(0, bin, loss.detach().masked_fill(~finite, 0));
    weight_.mul_(memory).index_add_(0, bin, finite.to(torch::kFloat32));
}

/// The same in one loop: a small net's step is not longer than a dozen operations of the library.
void LossSpectrum::add_here(const torch::Tensor& t, const torch::Tensor& loss) {
    const auto timestep = t.accessor<std::int64_t, 1>();
    const auto value = loss.accessor<float, 1>();
    auto sum = sum_.accessor<float, 1>(), weight = weight_.accessor<float, 1>();
    for (int bin = 0; bin < bins_; ++bin) {
        sum[bin] *= static_cast<float>(memory);
        weight[bin] *= static_cast<float>(memory);
    }
    for (std::int64_t i = 0; i < timestep.size(0); ++i) {
        if (!std::isfinite(value[i])) continue;
        const std::int64_t bin = timestep[i] * bins_ / timesteps_;
        sum[bin] += value[i];
        weight[bin] += 1;
    }
}

std::vector<double> LossSpectrum::means() const {
    const torch::Tensor mean =
        (sum_ / weight_).to(torch::kCPU, torch::kFloat64).contiguous(); // 0 / 0 is NaN, as promised
    const double* values = mean.data_ptr<double>();
    return {values, values + bins_};
}

} // namespace ddpm::training
