#include "diffusion/forward.h"

#include <cmath>

namespace ddpm::diffusion {

SignalNoise signal_and_noise(const Schedule& schedule, torch::Device device) {
    // In float64 up to here: 1 − alpha_bar loses its digits near t = 1 in float32.
    const torch::Tensor alpha_bar = torch::tensor(schedule.alphas_cumprod, torch::kFloat64);
    return {alpha_bar.sqrt().to(device, torch::kFloat32), (1 - alpha_bar).sqrt().to(device, torch::kFloat32)};
}

torch::Tensor at_t(const torch::Tensor& table, const torch::Tensor& t, const torch::Tensor& x) {
    std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
    shape[0] = x.size(0);
    return table.index_select(0, t).view(shape);
}

torch::Tensor q_sample(const SignalNoise& tables, const torch::Tensor& x0, const torch::Tensor& t,
                       const torch::Tensor& epsilon) {
    return at_t(tables.signal, t, x0) * x0 + at_t(tables.noise, t, x0) * epsilon;
}

torch::Tensor q_step(const Schedule& schedule, const torch::Tensor& x_before, int index,
                     const torch::Tensor& z) {
    const double beta = schedule.betas[static_cast<std::size_t>(index)];
    return std::sqrt(1 - beta) * x_before + std::sqrt(beta) * z;
}

} // namespace ddpm::diffusion
