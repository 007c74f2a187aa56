#include "diffusion/reverse.h"

#include "diffusion/prediction.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace ddpm::diffusion {
namespace {

constexpr double smallest_variance = 1e-20; ///< diffusers' floor: the last step's beta-tilde is 0

/// Variances of the step from one alpha_bar to another; they may be several steps apart.
struct StepVariance {
    double beta, beta_tilde;
};
StepVariance step_variance(double alpha_bar, double alpha_bar_previous) {
    const double beta = 1 - alpha_bar / alpha_bar_previous;
    return {beta, (1 - alpha_bar_previous) / (1 - alpha_bar) * beta};
}

/// Each example brought to ± the quantile s of its own |x0| (1 <= s <= `largest`) and divided by s. By
/// sorting: torch::quantile refuses large batches.
torch::Tensor threshold(const torch::Tensor& x0, double ratio, double largest) {
    const torch::Tensor values = x0.flatten(1);
    const torch::Tensor sorted = std::get<0>(values.abs().sort(1));
    const double rank = ratio * static_cast<double>(sorted.size(1) - 1);
    const auto below = static_cast<std::int64_t>(rank);
    const std::int64_t above = std::min(below + 1, sorted.size(1) - 1);
    const torch::Tensor s =
        torch::lerp(sorted.narrow(1, below, 1), sorted.narrow(1, above, 1), rank - static_cast<double>(below))
            .clamp(1, largest);
    return (torch::min(torch::max(values, -s), s) / s).view_as(x0);
}

torch::Tensor learned_log_variance(const Schedule& schedule, LearnedVariance learned,
                                   const torch::Tensor& said, int index, int previous) {
    if (learned == LearnedVariance::diagonal) return said;
    const StepVariance step = step_variance(schedule.alpha_bar(index), schedule.alpha_bar(previous));
    const double low = std::log(std::max(step.beta_tilde, smallest_variance)), high = std::log(step.beta);
    const torch::Tensor share = (said + 1) / 2;
    return share * high + (1 - share) * low;
}

bool uses_learned(const SamplingSettings& settings) {
    return settings.sampler == Sampler::ancestral && settings.variance == Variance::learned;
}

} // namespace

Beliefs interpret(const Schedule& schedule, const DiffusionSettings& diffusion,
                  const SamplingSettings& sampling, const torch::Tensor& x_t, const torch::Tensor& output,
                  int index, int previous) {
    const Factors<double> at = factors_at(schedule, index);
    const Output said = split(output, x_t);
    Beliefs beliefs;
    beliefs.x0_hat = x0_from(diffusion.prediction, at, x_t, said.prediction);
    beliefs.epsilon = epsilon_from(diffusion.prediction, at, x_t, said.prediction);
    if (said.variance.defined() && diffusion.learned_variance != LearnedVariance::none)
        beliefs.log_variance =
            learned_log_variance(schedule, diffusion.learned_variance, said.variance, index, previous);
    if (sampling.thresholding)
        beliefs.x0_hat = threshold(beliefs.x0_hat, sampling.threshold_ratio, sampling.threshold_max);
    else if (sampling.clip)
        beliefs.x0_hat = beliefs.x0_hat.clamp(-sampling.clip_range, sampling.clip_range);
    return beliefs;
}

double alpha_bar_after(const Schedule& schedule, const SamplingSettings& settings, int previous) {
    const bool first = previous < 0 && settings.sampler == Sampler::ddim && !settings.set_alpha_to_one;
    return schedule.alpha_bar(first ? 0 : previous);
}

double step_sigma(const Schedule& schedule, const SamplingSettings& settings, const Beliefs& beliefs,
                  int index, int previous) {
    if (settings.sampler != Sampler::ancestral && settings.sampler != Sampler::ddim) return 0;
    const StepVariance step =
        step_variance(schedule.alpha_bar(index), alpha_bar_after(schedule, settings, previous));
    if (settings.sampler == Sampler::ddim) return settings.eta * std::sqrt(std::max(0.0, step.beta_tilde));
    if (index == 0) return 0; // the last step is shown without noise
    switch (settings.variance) {
    case Variance::fixed_large:
        return std::sqrt(step.beta);
    case Variance::fixed_small:
        return std::sqrt(std::max(step.beta_tilde, smallest_variance));
    case Variance::learned:
        if (!beliefs.log_variance.defined()) throw std::logic_error("the net has no learned variance");
        return std::sqrt(beliefs.log_variance.exp().mean().item<double>());
    }
    throw std::logic_error("unknown variance");
}

torch::Tensor reverse_step(const Schedule& schedule, const SamplingSettings& settings,
                           const torch::Tensor& x_t, const Beliefs& beliefs, int index, int previous,
                           const torch::Tensor& z) {
    const double alpha_bar = schedule.alpha_bar(index);
    const double after = alpha_bar_after(schedule, settings, previous);
    if (settings.sampler == Sampler::ddim) {
        const double sigma = step_sigma(schedule, settings, beliefs, index, previous);
        const double direction = std::sqrt(std::max(0.0, 1 - after - sigma * sigma));
        // Guidance pushes x0_hat far out of range. Where it is then clipped, the noise must be that beside
        // the clipped one, or every step adds what clipping took away. Without guidance: as diffusers does.
        const bool guided = settings.guidance != 0 && settings.guidance != 1;
        const bool bounded = settings.clip || settings.thresholding;
        const torch::Tensor epsilon = guided && bounded
                                          ? epsilon_beside(factors_at(schedule, index), x_t, beliefs.x0_hat)
                                          : beliefs.epsilon;
        const torch::Tensor mean = std::sqrt(after) * beliefs.x0_hat + direction * epsilon;
        return sigma > 0 ? mean + sigma * z : mean;
    }
    const double alpha = alpha_bar / after;
    const double left = 1 - alpha_bar;
    const torch::Tensor mean =
        std::sqrt(after) * (1 - alpha) / left * beliefs.x0_hat + std::sqrt(alpha) * (1 - after) / left * x_t;
    if (index == 0) return mean;
    if (uses_learned(settings)) return mean + (beliefs.log_variance / 2).exp() * z;
    const double sigma = step_sigma(schedule, settings, beliefs, index, previous);
    return sigma > 0 ? mean + sigma * z : mean;
}

} // namespace ddpm::diffusion
