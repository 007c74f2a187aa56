#include "diffusion/tables.h"

#include <cmath>

namespace ddpm::diffusion {

Tables make_tables(const Schedule& schedule, torch::Device device, torch::ScalarType type) {
    const auto tensor = [&](const std::vector<double>& values) {
        return torch::tensor(values, torch::kFloat64).to(device, type);
    };
    std::vector<double> log_beta, log_fixed_large;
    for (const double beta : schedule.betas)
        log_beta.push_back(std::log(beta));
    log_fixed_large = log_beta;
    log_fixed_large.front() = schedule.posterior_log_variance_clipped.front();
    const torch::Tensor alpha_bar = torch::tensor(schedule.alphas_cumprod, torch::kFloat64);
    return {{alpha_bar.sqrt().to(device, type), (1 - alpha_bar).sqrt().to(device, type)},
            tensor(schedule.posterior_mean_coef_x0),
            tensor(schedule.posterior_mean_coef_xt),
            tensor(log_beta),
            tensor(schedule.posterior_log_variance_clipped),
            tensor(log_fixed_large)};
}

Factors<torch::Tensor> factors_at(const Tables& tables, const torch::Tensor& t, const torch::Tensor& x) {
    return {at_t(tables.q.signal, t, x), at_t(tables.q.noise, t, x), at_t(tables.posterior_x0, t, x),
            at_t(tables.posterior_xt, t, x)};
}

Factors<torch::Tensor> factors_of_target(Prediction prediction, const Tables& tables, const torch::Tensor& t,
                                         const torch::Tensor& x) {
    Factors<torch::Tensor> at;
    if (prediction == Prediction::v) {
        at.signal = at_t(tables.q.signal, t, x);
        at.noise = at_t(tables.q.noise, t, x);
    } else if (prediction == Prediction::mu) {
        at.posterior_x0 = at_t(tables.posterior_x0, t, x);
        at.posterior_xt = at_t(tables.posterior_xt, t, x);
    }
    return at;
}

} // namespace ddpm::diffusion
