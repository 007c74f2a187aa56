#include "diffusion/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace ddpm::diffusion {
namespace {

/// `n` numbers in equal steps, both ends included; one number is the first end (as NumPy's linspace).
std::vector<double> evenly(double first, double last, int n) {
    std::vector<double> numbers(static_cast<std::size_t>(n), first);
    const double step = n > 1 ? (last - first) / (n - 1) : 0;
    for (int i = 1; i < n; ++i)
        numbers[static_cast<std::size_t>(i)] = first + i * step;
    if (n > 1) numbers.back() = last;
    return numbers;
}

std::vector<double> warmup_betas(const ScheduleSettings& settings, double share) {
    const int rising = static_cast<int>(settings.timesteps * share);
    std::vector<double> betas = evenly(settings.beta_start, settings.beta_end, rising);
    betas.resize(static_cast<std::size_t>(settings.timesteps), settings.beta_end);
    return betas;
}

/// sqrt(alpha_bar) shifted so that the last is 0, then scaled so that the first is unchanged (Lin et al.
/// 2023, Alg. 1).
std::vector<double> with_zero_terminal_snr(const std::vector<double>& betas) {
    std::vector<double> roots;
    double alpha_bar = 1;
    for (const double beta : betas)
        roots.push_back(std::sqrt(alpha_bar *= 1 - beta));
    const double first = roots.front(), last = roots.back();
    std::vector<double> rescaled;
    double before = 1;
    for (const double root : roots) {
        const double now = (root - last) * first / (first - last);
        rescaled.push_back(1 - now * now / (before * before));
        before = now;
    }
    return rescaled;
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

std::vector<double> betas_of(const ScheduleSettings& settings) {
    const int n = settings.timesteps;
    const double start = settings.beta_start, end = settings.beta_end;
    switch (settings.kind) {
    case BetaSchedule::linear:
        return evenly(start, end, n);
    case BetaSchedule::cosine:
        return cosine_betas(n);
    case BetaSchedule::quadratic: {
        std::vector<double> betas = evenly(std::sqrt(start), std::sqrt(end), n);
        for (double& beta : betas)
            beta *= beta;
        return betas;
    }
    case BetaSchedule::constant:
        return std::vector<double>(static_cast<std::size_t>(n), end);
    case BetaSchedule::jsd: {
        std::vector<double> betas;
        for (int i = 0; i < n; ++i)
            betas.push_back(1.0 / (n - i));
        return betas;
    }
    case BetaSchedule::warmup10:
        return warmup_betas(settings, 0.1);
    case BetaSchedule::warmup50:
        return warmup_betas(settings, 0.5);
    case BetaSchedule::sigmoid: {
        std::vector<double> betas = evenly(-6, 6, n);
        for (double& beta : betas)
            beta = (end - start) / (1 + std::exp(-beta)) + start;
        return betas;
    }
    case BetaSchedule::list:
        return settings.betas;
    }
    throw std::logic_error("unknown beta schedule");
}

} // namespace

Schedule make_schedule(const ScheduleSettings& settings) {
    std::vector<double> betas = betas_of(settings);
    return schedule_from_betas(settings.zero_terminal_snr ? with_zero_terminal_snr(betas) : std::move(betas));
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
