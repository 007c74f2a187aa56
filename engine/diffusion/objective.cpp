#include "diffusion/objective.h"

#include "diffusion/bound.h"

#include <cmath>
#include <stdexcept>

namespace ddpm::diffusion {

torch::Tensor target_of(const Tables& tables, Prediction prediction, const torch::Tensor& x0,
                        const torch::Tensor& x_t, const torch::Tensor& t, const torch::Tensor& epsilon) {
    return target(prediction, factors_of_target(prediction, tables, t, x_t), x0, x_t, epsilon);
}

torch::Tensor weight_of_squares(const Tables& tables, Prediction prediction, const TrainingSettings& settings,
                                const torch::Tensor& t) {
    if (settings.min_snr_gamma <= 0) return {};
    return min_snr_weight(tables, prediction, settings.min_snr_gamma).index_select(0, t);
}

Losses losses(const Tables& tables, const DiffusionSettings& diffusion, const TrainingSettings& settings,
              const torch::Tensor& x0, const torch::Tensor& x_t, const torch::Tensor& t,
              const torch::Tensor& epsilon, const torch::Tensor& output) {
    const Output said = split(output, x_t);
    const torch::Tensor squared =
        simple_loss(said.prediction, target_of(tables, diffusion.prediction, x0, x_t, t, epsilon));
    const auto bound = [&](const torch::Tensor& of) {
        const auto timesteps = static_cast<double>(tables.log_beta.size(0));
        return timesteps * bound_bits(tables, diffusion, trained_variance(diffusion), false, x0, x_t, t, of);
    };
    if (settings.objective == Objective::bound) return {bound(output), squared};
    const torch::Tensor weight = weight_of_squares(tables, diffusion.prediction, settings, t);
    torch::Tensor minimised = weight.defined() ? squared * weight : squared;
    if (settings.objective == Objective::hybrid) {
        if (!said.variance.defined()) throw std::logic_error("the hybrid objective needs a learned variance");
        minimised = minimised +
                    settings.hybrid_weight * bound(torch::cat({said.prediction.detach(), said.variance}, 1));
    }
    return {minimised, squared};
}

torch::Tensor simple_loss(const torch::Tensor& prediction, const torch::Tensor& target) {
    return (prediction - target).square().flatten(1).mean(1);
}

torch::Tensor min_snr_weight(const Tables& tables, Prediction prediction, double gamma) {
    const torch::Tensor left = tables.q.noise.square(); // 1 − alpha_bar
    const torch::Tensor snr = tables.q.signal.square() / left;
    const torch::Tensor of_x0 = snr.clamp_max(gamma);
    switch (prediction) {
    case Prediction::epsilon:
        return (gamma / snr).clamp_max(1); // also where the SNR is 0
    case Prediction::v:
        return of_x0 * left;
    case Prediction::x0:
        return of_x0;
    case Prediction::mu:
        return of_x0 / tables.posterior_x0.square();
    }
    throw std::logic_error("unknown prediction");
}

std::vector<double> bound_weight(const Schedule& schedule, Variance variance) {
    if (variance == Variance::learned) throw std::logic_error("eq. 12 is about fixed variances");
    std::vector<double> weights;
    for (std::size_t i = 0; i < schedule.betas.size(); ++i) {
        const double beta = schedule.betas[i];
        const double sigma2 = variance == Variance::fixed_small || i == 0
                                  ? std::exp(schedule.posterior_log_variance_clipped[i])
                                  : beta;
        weights.push_back(beta * beta / (2 * sigma2 * (1 - beta) * (1 - schedule.alphas_cumprod[i])));
    }
    return weights;
}

} // namespace ddpm::diffusion
