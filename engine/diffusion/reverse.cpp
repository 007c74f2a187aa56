#include "diffusion/reverse.h"

#include <algorithm>
#include <cmath>

namespace ddpm::diffusion {
namespace {

/// beta-tilde of the step from `index` to `previous`; both may be several steps apart.
double step_posterior_variance(double alpha_bar, double alpha_bar_previous) {
    const double beta = 1 - alpha_bar / alpha_bar_previous;
    return (1 - alpha_bar_previous) / (1 - alpha_bar) * beta;
}

} // namespace

Beliefs interpret(const Schedule& schedule, Prediction prediction, const torch::Tensor& x_t,
                  const torch::Tensor& output, int index, bool clip) {
    const double alpha_bar = schedule.alpha_bar(index);
    const double signal = std::sqrt(alpha_bar);
    const double noise = std::sqrt(1 - alpha_bar);
    Beliefs beliefs;
    if (prediction == Prediction::epsilon) {
        beliefs.epsilon = output;
        beliefs.x0_hat = (x_t - noise * output) / signal;
    } else {
        beliefs.epsilon = signal * output + noise * x_t;
        beliefs.x0_hat = signal * x_t - noise * output;
    }
    if (clip) beliefs.x0_hat = beliefs.x0_hat.clamp(-1, 1);
    return beliefs;
}

double step_sigma(const Schedule& schedule, const SamplingSettings& settings, int index, int previous) {
    const double alpha_bar = schedule.alpha_bar(index);
    const double alpha_bar_previous = schedule.alpha_bar(previous);
    if (settings.sampler == Sampler::ddim)
        return settings.eta * std::sqrt(step_posterior_variance(alpha_bar, alpha_bar_previous));
    if (index == 0) return 0; // the last step is shown without noise
    const double variance = settings.variance == Variance::fixed_large
                                ? 1 - alpha_bar / alpha_bar_previous
                                : std::max(step_posterior_variance(alpha_bar, alpha_bar_previous), 1e-20);
    return std::sqrt(variance);
}

torch::Tensor reverse_step(const Schedule& schedule, const SamplingSettings& settings,
                           const torch::Tensor& x_t, const Beliefs& beliefs, int index, int previous,
                           const torch::Tensor& z) {
    const double alpha_bar = schedule.alpha_bar(index);
    const double alpha_bar_previous = schedule.alpha_bar(previous);
    const double sigma = step_sigma(schedule, settings, index, previous);
    torch::Tensor mean;
    if (settings.sampler == Sampler::ddim) {
        const double direction = std::sqrt(std::max(0.0, 1 - alpha_bar_previous - sigma * sigma));
        mean = std::sqrt(alpha_bar_previous) * beliefs.x0_hat + direction * beliefs.epsilon;
    } else {
        const double alpha = alpha_bar / alpha_bar_previous;
        const double left = 1 - alpha_bar;
        mean = std::sqrt(alpha_bar_previous) * (1 - alpha) / left * beliefs.x0_hat +
               std::sqrt(alpha) * (1 - alpha_bar_previous) / left * x_t;
    }
    return sigma > 0 ? mean + sigma * z : mean;
}

} // namespace ddpm::diffusion
