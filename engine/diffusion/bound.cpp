#include "diffusion/bound.h"

#include <cmath>
#include <numbers>
#include <stdexcept>

namespace ddpm::diffusion {
namespace {

constexpr double half_bin = 1.0 / 255;
constexpr double edge = 0.999; ///< beyond it lies only the last bin
constexpr double smallest_mass = 1e-12;

torch::Tensor normal_cdf(const torch::Tensor& x) {
    return 0.5 * (1 + torch::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
}

torch::Tensor bits(const torch::Tensor& nats) {
    return nats.flatten(1).mean(1) / std::numbers::ln2;
}

/// p(x_{t−1} | x_t).
struct Reverse {
    torch::Tensor x0_hat, mean, log_variance;
};

torch::Tensor log_variance_of(const Tables& tables, LearnedVariance learned, Variance variance,
                              const torch::Tensor& said, const torch::Tensor& t, const torch::Tensor& x_t) {
    switch (variance) {
    case Variance::fixed_large:
        return at_t(tables.log_fixed_large, t, x_t);
    case Variance::fixed_small:
        return at_t(tables.log_beta_tilde, t, x_t);
    case Variance::learned:
        break;
    }
    if (!said.defined() || learned == LearnedVariance::none)
        throw std::logic_error("the net has no learned variance");
    if (learned == LearnedVariance::diagonal) return said;
    const torch::Tensor share = (said + 1) / 2;
    return share * at_t(tables.log_beta, t, x_t) + (1 - share) * at_t(tables.log_beta_tilde, t, x_t);
}

Reverse reverse_of(const Tables& tables, const DiffusionSettings& diffusion, Variance variance, bool clip,
                   const torch::Tensor& x_t, const torch::Tensor& t, const torch::Tensor& output) {
    const Output said = split(output, x_t);
    const Factors<torch::Tensor> at = factors_at(tables, t, x_t);
    Reverse p;
    p.x0_hat = x0_from(diffusion.prediction, at, x_t, said.prediction);
    if (clip) p.x0_hat = p.x0_hat.clamp(-1, 1);
    // Unclipped, the way from mu to x_0 and back would only lose digits.
    p.mean = diffusion.prediction == Prediction::mu && !clip
                 ? said.prediction
                 : at.posterior_x0 * p.x0_hat + at.posterior_xt * x_t;
    p.log_variance = log_variance_of(tables, diffusion.learned_variance, variance, said.variance, t, x_t);
    return p;
}

torch::Tensor bits_of(const Tables& tables, const Reverse& p, const torch::Tensor& x0,
                      const torch::Tensor& x_t, const torch::Tensor& t) {
    const torch::Tensor mean =
        at_t(tables.posterior_x0, t, x_t) * x0 + at_t(tables.posterior_xt, t, x_t) * x_t;
    const torch::Tensor kl = gaussian_kl(mean, at_t(tables.log_beta_tilde, t, x_t), p.mean, p.log_variance);
    const torch::Tensor decoder = -decoder_log_likelihood(x0, p.mean, p.log_variance / 2);
    return torch::where(t == 0, bits(decoder), bits(kl));
}

} // namespace

torch::Tensor gaussian_kl(const torch::Tensor& mean, const torch::Tensor& log_variance,
                          const torch::Tensor& other_mean, const torch::Tensor& other_log_variance) {
    return 0.5 * (other_log_variance - log_variance - 1 + (log_variance - other_log_variance).exp() +
                  (mean - other_mean).square() * (-other_log_variance).exp());
}

torch::Tensor decoder_log_likelihood(const torch::Tensor& x0, const torch::Tensor& mean,
                                     const torch::Tensor& log_sigma) {
    const torch::Tensor scale = (-log_sigma).exp();
    const torch::Tensor below = normal_cdf(scale * (x0 - mean + half_bin));
    const torch::Tensor under = normal_cdf(scale * (x0 - mean - half_bin));
    const torch::Tensor mass =
        torch::where(x0 < -edge, below, torch::where(x0 > edge, 1 - under, below - under));
    return mass.clamp_min(smallest_mass).log();
}

torch::Tensor bound_bits(const Tables& tables, const DiffusionSettings& diffusion, Variance variance,
                         bool clip, const torch::Tensor& x0, const torch::Tensor& x_t, const torch::Tensor& t,
                         const torch::Tensor& output) {
    return bits_of(tables, reverse_of(tables, diffusion, variance, clip, x_t, t, output), x0, x_t, t);
}

BoundTerms bound_terms(const Tables& tables, const DiffusionSettings& diffusion, Variance variance, bool clip,
                       const torch::Tensor& x0, const torch::Tensor& x_t, const torch::Tensor& t,
                       const torch::Tensor& epsilon, const torch::Tensor& output) {
    const Reverse p = reverse_of(tables, diffusion, variance, clip, x_t, t, output);
    const torch::Tensor epsilon_hat = epsilon_beside(factors_at(tables, t, x_t), x_t, p.x0_hat);
    return {bits_of(tables, p, x0, x_t, t), (epsilon_hat - epsilon).square().flatten(1).mean(1),
            (p.x0_hat - x0).square().flatten(1).mean(1)};
}

torch::Tensor prior_bits(const Schedule& schedule, const torch::Tensor& x0) {
    const double alpha_bar = schedule.alphas_cumprod.back();
    const torch::Tensor zero = torch::zeros({}, x0.options());
    return bits(gaussian_kl(std::sqrt(alpha_bar) * x0, zero + std::log1p(-alpha_bar), zero, zero));
}

} // namespace ddpm::diffusion
