#include "training/spectrum.h"

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
    const torch::Tensor bin = (t * bins_).floor_divide(timesteps_);
    // A loss that is none must not stay: on a GPU this is queued before anybody has looked at it.
    const torch::Tensor finite = torch::isfinite(loss);
    sum_.mul_(memory).index_add_(0, bin, loss.detach().masked_fill(~finite, 0));
    weight_.mul_(memory).index_add_(0, bin, finite.to(torch::kFloat32));
}

std::vector<double> LossSpectrum::means() const {
    const torch::Tensor mean =
        (sum_ / weight_).to(torch::kCPU, torch::kFloat64).contiguous(); // 0 / 0 is NaN, as promised
    const double* values = mean.data_ptr<double>();
    return {values, values + bins_};
}

} // namespace ddpm::training
