#include "diffusion/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace ddpm::diffusion {
namespace {

std::vector<double> linear_betas(const ScheduleSettings& settings) {
    const int last = settings.timesteps - 1;
    const double step = (settings.beta_end - settings.beta_start) / last;
    std::vector<double> betas(static_cast<std::size_t>(settings.timesteps));
    for (int i = 0; i < last; ++i)
        betas[static_cast<std::size_t>(i)] = settings.beta_start + i * step;
    betas.back() = settings.beta_end;
    return betas;
}

std::vector<double> cosine_betas(int timesteps) {
    const auto alpha_bar = [](double time) {
        const double c = std::cos((time + 0.008) / 1.008 * std::numbers::pi / 2);
        return c * c;
    };
    std::vector<double> betas(static_cast<std::size_t>(timesteps));
    for (int i = 0; i < timesteps; ++i) {
        const double before = static_cast<double>(i) / timesteps;
        const double after = static_cast<double>(i + 1) / timesteps;
        betas[static_cast<std::size_t>(i)] = std::min(1 - alpha_bar(after) / alpha_bar(before), 0.999);
    }
    return betas;
}

} // namespace

Schedule make_schedule(const ScheduleSettings& settings) {
    switch (settings.kind) {
    case BetaSchedule::linear:
        return schedule_from_betas(linear_betas(settings));
    case BetaSchedule::cosine:
        return schedule_from_betas(cosine_betas(settings.timesteps));
    }
    throw std::logic_error("unknown beta schedule");
}

Schedule schedule_from_betas(std::vector<double> betas) {
    if (betas.size() < 2) throw std::logic_error("a schedule needs at least two steps");
    Schedule s;
    s.betas = std::move(betas);
    double alpha_bar = 1;
    for (const double beta : s.betas) {
        s.alphas_cumprod_prev.push_back(alpha_bar);
        alpha_bar *= 1 - beta;
        s.alphas_cumprod.push_back(alpha_bar);
    }
    for (std::size_t i = 0; i < s.betas.size(); ++i) {
        const double beta = s.betas[i];
        const double left = 1 - s.alphas_cumprod[i];
        s.posterior_variance.push_back(beta * (1 - s.alphas_cumprod_prev[i]) / left);
        s.posterior_mean_coef_x0.push_back(beta * std::sqrt(s.alphas_cumprod_prev[i]) / left);
        s.posterior_mean_coef_xt.push_back((1 - s.alphas_cumprod_prev[i]) * std::sqrt(1 - beta) / left);
    }
    // The variance is 0 at the first step, where its logarithm would be −infinity.
    for (const double variance : s.posterior_variance)
        s.posterior_log_variance_clipped.push_back(
            std::log(variance > 0 ? variance : s.posterior_variance[1]));
    return s;
}

ScheduleTable to_table(const Schedule& schedule) {
    return {schedule.betas, schedule.alphas_cumprod, schedule.posterior_variance};
}

} // namespace ddpm::diffusion
