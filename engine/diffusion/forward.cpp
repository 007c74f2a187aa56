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

namespace {

bool plain(const torch::Tensor& x) {
    return x.is_cpu() && x.scalar_type() == torch::kFloat32 && x.is_contiguous() && !x.requires_grad();
}

/// q_sample in one loop: a points' training step is hardly longer than half a dozen operations of the
/// library.
torch::Tensor q_sample_here(const SignalNoise& tables, const torch::Tensor& x0, const torch::Tensor& t,
                            const torch::Tensor& epsilon) {
    const torch::Tensor x_t = torch::empty_like(x0);
    const std::int64_t count = x0.size(0), size = count > 0 ? x0.numel() / count : 0,
                       timesteps = tables.signal.size(0);
    const auto* index = t.data_ptr<std::int64_t>();
    const float *signal = tables.signal.data_ptr<float>(), *noise = tables.noise.data_ptr<float>();
    for (std::int64_t i = 0; i < count; ++i) {
        TORCH_CHECK_INDEX(index[i] >= 0 && index[i] < timesteps, "q_sample: t is out of range");
        const float *from = x0.data_ptr<float>() + i * size, *other = epsilon.data_ptr<float>() + i * size;
        float* to = x_t.data_ptr<float>() + i * size;
        for (std::int64_t k = 0; k < size; ++k)
            to[k] = signal[index[i]] * from[k] + noise[index[i]] * other[k];
    }
    return x_t;
}

} // namespace

torch::Tensor q_sample(const SignalNoise& tables, const torch::Tensor& x0, const torch::Tensor& t,
                       const torch::Tensor& epsilon) {
    if (plain(x0) && plain(epsilon) && plain(tables.signal) && plain(tables.noise) && t.is_contiguous() &&
        x0.sizes() == epsilon.sizes() && t.numel() == x0.size(0) && t.scalar_type() == torch::kInt64)
        return q_sample_here(tables, x0, t, epsilon);
    return at_t(tables.signal, t, x0) * x0 + at_t(tables.noise, t, x0) * epsilon;
}

torch::Tensor q_step(const Schedule& schedule, const torch::Tensor& x_before, int index,
                     const torch::Tensor& z) {
    const double beta = schedule.betas[static_cast<std::size_t>(index)];
    return std::sqrt(1 - beta) * x_before + std::sqrt(beta) * z;
}

} // namespace ddpm::diffusion
